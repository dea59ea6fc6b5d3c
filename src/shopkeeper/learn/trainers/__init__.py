"""How does a run begin, go on after a crash, and end?

`train_sft`, `train_dpo`, `train_grpo` and `train_exact_arms` each take the folder of a base model,
rows and a folder for the run, and give a `FinishedRun`. Below each is a thin subclass of one of
TRL's trainers. Called again with the same arguments after a crash, they go on from the last whole
checkpoint, on the same curve; called after the end, they only say where the result is.
`accelerate launch` runs the same code.

Import each from its own module: TRL takes seconds to import.
"""
