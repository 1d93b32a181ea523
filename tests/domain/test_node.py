import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.node import Node


def test_a_position_before_the_first_is_refused():
    with pytest.raises(InvalidValueError, match="a node has position -1"):
        Node(token_id=3, position=-1, slot=4)
    assert Node(token_id=3, position=0, slot=4).parent is None
