# ruff: noqa: E501 - the tables are printed as wide as they are
from tempo.application.studies.comparison.calibration import Forecasts, beginnings, calibration
from tempo.application.studies.comparison.figures import AskedPrompt, Cell, Setting
from tempo.application.studies.comparison.measures import measured
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.report import MeasuringPlan
from tempo.interfaces.cli.studies.compare_tables import lines_of

TABLES = """\
== 2 texts of at most 4 tokens, 2 prompts; means with 95 % bootstrap intervals

quality, more is better
method  best text, nats a token  all texts, nats a token              coverage           exact match      normalised match
------  -----------------------  -----------------------  --------------------  --------------------  --------------------
greedy  -1.250 [-1.500, -1.000]  -1.250 [-1.500, -1.000]  1.000 [1.000, 1.000]  0.000 [0.000, 0.000]  1.000 [1.000, 1.000]
beam 2  -0.875 [-1.250, -0.500]  -1.062 [-1.375, -0.750]  1.000 [1.000, 1.000]  0.000 [0.000, 0.000]  1.000 [1.000, 1.000]

quality less that of greedy, paired by prompt, with the p-value of a sign-flip test after Holm's correction over the methods
method            best text, nats a token            all texts, nats a token                           coverage                        exact match                   normalised match
------  ---------------------------------  ---------------------------------  ---------------------------------  ---------------------------------  ---------------------------------
beam 2  +0.375 [+0.250, +0.500] p = 0.503  +0.188 [+0.125, +0.250] p = 0.503  +0.000 [+0.000, +0.000] p = 1.000  +0.000 [+0.000, +0.000] p = 1.000  +0.000 [+0.000, +0.000] p = 1.000

the texts
method           texts                unique              finished   tokens a text  words compared            distinct-1            distinct-2            distinct-3          self-BLEU  compression ratio
------  --------------  --------------------  --------------------  --------------  --------------  --------------------  --------------------  --------------------  -----------------  -----------------
greedy  1.0 [1.0, 1.0]  0.500 [0.500, 0.500]  0.000 [0.000, 0.000]  2.0 [2.0, 2.0]  3.0 [3.0, 3.0]                     -                     -                     -                  -                  -
beam 2  2.0 [2.0, 2.0]  1.000 [1.000, 1.000]  0.000 [0.000, 0.000]  2.0 [2.0, 2.0]  3.0 [3.0, 3.0]  0.667 [0.667, 0.667]  0.750 [0.750, 0.750]  1.000 [1.000, 1.000]  55.0 [55.0, 55.0]  0.92 [0.89, 0.95]

cost of a prompt, mean
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy             2.0           2               20             2              2.0
beam 2             2.0           4               40             2              2.0

frontier of best text, nats a token: where no other method is as good at no more cost, and for which share of resampled prompts
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy        off 0.00     on 1.00          on 1.00      off 0.00         off 0.00
beam 2         on 1.00     on 1.00          on 1.00       on 1.00          on 1.00

frontier of all texts, nats a token: where no other method is as good at no more cost, and for which share of resampled prompts
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy        off 0.00     on 1.00          on 1.00      off 0.00         off 0.00
beam 2         on 1.00     on 1.00          on 1.00       on 1.00          on 1.00

frontier of coverage: where no other method is as good at no more cost, and for which share of resampled prompts
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy         on 1.00     on 1.00          on 1.00       on 1.00          on 1.00
beam 2         on 1.00    off 0.00         off 0.00       on 1.00          on 1.00

frontier of exact match: where no other method is as good at no more cost, and for which share of resampled prompts
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy         on 1.00     on 1.00          on 1.00       on 1.00          on 1.00
beam 2         on 1.00    off 0.00         off 0.00       on 1.00          on 1.00

frontier of normalised match: where no other method is as good at no more cost, and for which share of resampled prompts
method  forward passes  token rows  cache row reads  milliseconds  peak memory, MB
------  --------------  ----------  ---------------  ------------  ---------------
greedy         on 1.00     on 1.00          on 1.00       on 1.00          on 1.00
beam 2         on 1.00    off 0.00         off 0.00       on 1.00          on 1.00

calibration of beam 2: a text begins so; expected calibration error 0.000 [0.000, 0.000], 0.250 by chance alone; predicted less observed +0.000 [+0.000, +0.000]
probability  trials  predicted              observed
-----------  ------  ---------  --------------------
0.0 to 0.1        0          -                     -
0.1 to 0.2        0          -                     -
0.2 to 0.3        0          -                     -
0.3 to 0.4        0          -                     -
0.4 to 0.5        0          -                     -
0.5 to 0.6        2      0.500  0.500 [0.500, 0.500]
0.6 to 0.7        0          -                     -
0.7 to 0.8        0          -                     -
0.8 to 0.9        0          -                     -
0.9 to 1.0        0          -                     -
"""


def outcome(cost, *texts):
    return MethodOutcome(
        tuple(Continuation((1, 2), text, score, None, is_finished=False) for text, score in texts),
        Cost(2, cost, 10 * cost, 1.5, 2_000_000),
    )


def test_a_comparison_is_printed_whole():
    setting = Setting(2, 4)
    report = measured(
        {
            Cell("greedy", setting): [
                outcome(2, ("a park bench", -2.0)),
                outcome(2, ("a red dog", -3.0)),
            ],
            Cell("beam 2", setting): [
                outcome(4, ("a park bench", -1.0), ("a park gate", -2.0)),
                outcome(4, ("a dog ran", -2.5), ("the dog ran", -3.0)),
            ],
        },
        [AskedPrompt("One", ("park",)), AskedPrompt("Two")],
        MeasuringPlan("greedy", seed=1),
        None,
        {
            "beam 2": calibration(
                "a text begins so", [Forecasts(beginnings([(1,)], [0.5]), ((1,), (2,)))], 1
            )
        },
    )
    assert "\n".join(line.rstrip() for line in lines_of(report)) == TABLES
