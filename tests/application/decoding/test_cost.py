import pytest

from tempo.application.decoding.cost import Cost, CostMeter


def clock(*seconds):
    return iter(seconds).__next__


def test_the_model_runs_inside_the_engine_and_is_taken_out_of_it():
    meter = CostMeter(clock(0.0, 1.0, 2.0, 5.0, 6.0, 10.0))
    with meter.phase("prefill"):
        pass
    with meter.phase("engine"), meter.phase("model"):
        pass
    cost = meter.total(0)
    assert cost.milliseconds == {"prefill": 1000.0, "model": 1000.0, "engine": 7000.0}
    assert cost.total_milliseconds == 9000.0


def test_a_phase_that_fails_is_counted_too():
    meter = CostMeter(clock(0.0, 0.5, 2.0, 3.0))
    for _ in range(2):
        with pytest.raises(KeyError), meter.phase("model"):
            raise KeyError
    assert meter.total(0).milliseconds == {"model": 1500.0}


def test_rows_and_passes_add_up_and_the_peak_stays():
    meter = CostMeter()
    meter.fed(5, 5)
    meter.fed(3, 8)
    meter.fed(1, 4)
    meter.released_rows += 5
    assert meter.total(4) == Cost(
        passes=3, token_rows=9, cache_rows=4, peak_cache_rows=8, released_rows=5
    )
