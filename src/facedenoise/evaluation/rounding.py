"""How many decimals scores have: few enough that two versions differ only where something changed."""

DECIMALS = 4


def rounded(value: float) -> float:
    """Round a score to `DECIMALS` decimals."""
    return round(float(value), DECIMALS)
