from tempo.domain.pruning.judged_sets import JudgedSets


def test_sets_are_counted_and_earlier_counts_stay_as_they_were():
    before = JudgedSets()
    after = before.after(4, 3).after(4, 0)

    assert (before.count, after.count) == (0, 2)
    assert after.notes == ()


def test_as_many_clusters_as_candidates_are_not_too_many():
    assert JudgedSets().after(3, 3).notes == ()
    assert JudgedSets().after(2, 3).notes != ()


def test_too_many_clusters_are_said_once_however_often_they_were_asked_for():
    judged = JudgedSets().after(3, 5).after(2, 5).after(4, 5).after(9, 5)

    (note,) = judged.notes
    assert note == (
        "diversity_clusters is 5; 3 of the 4 sets judged had fewer candidates, the smallest 2: "
        "as many clusters were made of them"
    )


def test_sets_judged_without_clusters_do_not_change_what_is_said():
    crowded = JudgedSets().after(2, 3)

    assert "clusters is 3; 1 of the 2 sets" in crowded.after(4, 0).notes[0]
