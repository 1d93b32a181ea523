from tempo.domain.visibility import Visibility


def test_isolated_siblings_never_see_each_other():
    assert Visibility.ISOLATED.sibling_weights(4, (3, 4, 5)) == ()


def test_visible_siblings_see_all_others_and_not_themselves_again():
    assert Visibility.VISIBLE.sibling_weights(4, (3, 4, 5)) == ((3, 1.0), (5, 1.0))
