import pytest

from tempo.domain.measures.equivalence import same_words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Paris.", " paris"),
        ("the  cat\nsat", "The cat, sat!"),
        ("“Yes”", '"yes"'),
        ("don’t", "don't"),
        ("STRASSE", "straße"),
        ("ﬁne", "fine"),
        ("e\u0301t\u00e9", "été"),
        ("(a) [b]", "a b"),
        ("", "  "),
    ],
)
def test_case_white_space_and_punctuation_do_not_count(first, second):
    assert same_words(first, second)
    assert same_words(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("park", "garden"),
        ("-5", "5"),
        ("3.14", "314"),
        ("5%", "5"),
        ("a+b", "ab"),
        ("C#", "C"),
        ("the cat", "thecat"),
        ("!", "?"),
        ("", "."),
        ("a_b", "ab"),
    ],
)
def test_other_words_numbers_and_symbols_do(first, second):
    assert not same_words(first, second)
    assert not same_words(second, first)
