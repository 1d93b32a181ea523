"""Repeat this study: `python experiments/compare/run.py [--model MODEL] [OPTION...]`."""

import sys

from tempo.interfaces.cli.studies.experiment_command import run_beside

if __name__ == "__main__":
    run_beside(__file__, sys.argv[1:])
