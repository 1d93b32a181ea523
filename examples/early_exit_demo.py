"""Leave the model before its last layer: `python examples/early_exit_demo.py --compare`."""

import argparse
from collections import Counter
from itertools import takewhile
from time import perf_counter

import tempo
from tempo.domain.early_exit import FRACTIONS, Criterion, ExitLayer, ExitRule, layers_at
from tempo.infrastructure.container import with_early_exit

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("prompt", nargs="?", default="Once upon a time there was a little fox who")
parser.add_argument("--model", default="embedded")
parser.add_argument("--max_length", type=int, default=50, help="tokens to write")
parser.add_argument("--layers", type=int, nargs="+", help="exit after so many layers")
parser.add_argument("--thresholds", type=float, nargs="+", help="one for each of them")
parser.add_argument("--criterion", choices=[*map(str, Criterion)], default="margin")
parser.add_argument("--compare", action="store_true", help="the full model beside it")


def demonstrate(options: argparse.Namespace) -> None:
    """Write a text with early exit and tell where rows left; compare it with the full model's."""
    full = tempo.load(options.model, device="cpu", backend="fused")
    depth = full.container.model().config.num_hidden_layers
    layers = options.layers or layers_at(FRACTIONS, depth)
    if len(limits := options.thresholds or [0.9] * len(layers)) != len(layers):
        parser.error(f"{len(layers)} layers and {len(limits)} thresholds; give one for each")
    rule = ExitRule(tuple(map(ExitLayer, layers, limits)), Criterion(options.criterion))
    left: Counter[int] = Counter()
    made = with_early_exit(full.container, rule, lambda rows: left.update(r.layer for r in rows))
    engines = {"early": tempo.Engine.of(made, check=False)}
    engines |= {"full": full} if options.compare else {}
    seconds, texts = {name: list[float]() for name in engines}, dict[str, str]()
    for _ in range(3):  # in turn, so that what else the machine does meets both alike
        for name, engine in engines.items():
            start = perf_counter()
            result = engine.generate(options.prompt, max_width=1, max_steps=options.max_length)
            seconds[name].append(perf_counter() - start)
            texts[name] = result.text
    print(f"{options.prompt}{texts['early']}\n")
    for layer, count in sorted(left.items()):
        print(f"left after layer {layer} of {depth}: {count / left.total():.0%}")
    if options.compare:
        print(f"speed: {min(seconds['full']) / min(seconds['early']):.2f} of the full model's")
        pairs = zip(texts["early"], texts["full"], strict=False)
        at = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        same = texts["early"] == texts["full"]
        print("the same text" if same else f"the texts differ after {at} characters:")
        for name, text in () if same else texts.items():
            print(f"  {name:5}  {text[max(0, at - 20) : at + 20]!r}")


if __name__ == "__main__":
    try:
        demonstrate(parser.parse_args())
    except tempo.errors.TempoError as error:
        parser.exit(2, f"{error}\n")
