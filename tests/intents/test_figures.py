import pytest

from intents.figures import NAMED_DAYS, in_figures
from intents.spoken import tokens


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("for a fortnight", "for 2 weeks"),
        ("a couple of bags", "2 bags"),
        ("twelve months", "1 year"),
        ("on december the twenty sixth", "on boxingday"),
        ("on boxing day", "on boxingday"),
        ("ten grand", "10000"),
        ("1.5 million", "1500000"),
        ("form p60", "form 60"),
        ("november's bill", "november bill"),
        ("twice", "2 times"),
        ("eight weeks", "2 months"),
        ("30 days", "1 month"),
        ("48 hours", "2 days"),
        ("24 hours", "24 hours"),
        ("0 minutes", "0 minutes"),
        ("a fiver", "5 pounds"),
        ("nothing here", "nothing here"),
    ],
)
def test_in_figures(said: str, meant: str) -> None:
    assert in_figures(tokens(said)) == tuple(meant.split())


def test_named_days() -> None:
    assert {"boxingday", "christmaseve"} <= NAMED_DAYS
    assert not NAMED_DAYS & {"midnight", "christmas"}
