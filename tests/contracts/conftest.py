import pytest


@pytest.fixture
def port(request):
    """The implementer that `implementers.each` asks for."""
    return request.param()
