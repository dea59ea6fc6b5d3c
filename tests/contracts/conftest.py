import pytest


@pytest.fixture
def port(request):
    """The implementer that `implementers.each` asks for."""
    one = request.param
    return one.build(*map(request.getfixturevalue, one.needs))
