"""One room per question of a shop. Stages never import each other; they meet in assemble."""
