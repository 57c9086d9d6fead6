# %% [markdown]
# # Regimes as a DataFrame
#
# Loads what a served market was said to be, page by page over HTTP, and draws the price over its
# regimes. The cells are those of Jupyter, VS Code and Spyder; as a program it is run whole:
#
#     pip install httpx matplotlib pandas
#     python3 Examples/notebook/regimes.py

# %%
import os

import httpx
import matplotlib.pyplot as plt
import pandas as pd

server = os.environ.get("SERVER", "http://localhost:8080")
market = os.environ.get("MARKET", "SPX")

# Safe for the colour-blind (Okabe and Ito 2008), the wild ones warm.
COLOURS = {
    "crisis": "#d55e00",
    "high_volatility": "#e69f00",
    "normal_bear": "#cc79a7",
    "normal_bull": "#56b4e9",
    "low_volatility": "#009e73",
    "euphoria": "#f0e442",
    "unknown": "#999999",
}

# %% [markdown]
# ## Load
#
# A list has a `nextPageToken` as long as there is more.


# %%
def pages(client, path, **parameters):
    """Every item of a list."""
    token = ""
    while True:
        answer = client.get(path, params=parameters | {"pageToken": token})
        answer.raise_for_status()
        page = answer.json()
        yield from page["items"]
        token = page["nextPageToken"]
        if not token:
            return


def history(client, market, start, end):
    """What was said about each bar of [start, end): UTC index, typed columns."""
    items = pages(
        client,
        "/v1/market-regime/history",
        **{"market": market, "timeRange.startDate": start, "timeRange.endDate": end},
    )
    rows = [item | {f"p_{k}": v for k, v in item["probabilities"].items()} for item in items]
    labels = pd.CategoricalDtype(list(COLOURS))
    frame = pd.DataFrame(
        {
            "regime": pd.Series([row["regime"] for row in rows], dtype=labels),
            "raw_regime": pd.Series([row["rawRegime"] for row in rows], dtype=labels),
            "confidence": pd.Series([row.get("confidence") for row in rows], dtype="float64"),
            "close": pd.Series([row.get("close") for row in rows], dtype="float64"),
            "model": pd.Series([row["modelVersion"] for row in rows], dtype="string"),
            **{
                f"p_{label}": pd.Series([row.get(f"p_{label}", 0) for row in rows], dtype="float64")
                for label in COLOURS
            },
        }
    )
    frame.index = pd.to_datetime([row["asOf"] for row in rows], utc=True).rename("as_of")
    return frame


with httpx.Client(base_url=server, timeout=30) as client:
    frame = history(client, market, "1999-01-01", "2019-01-01")

# %% [markdown]
# ## Look

# %%
print(f"{market}: {len(frame):,} bars, {frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}")
print(f"index {frame.index.dtype}, {frame['regime'].dtype.name}, {frame['close'].dtype}")

table = pd.DataFrame(
    {
        "bars": frame["regime"].value_counts(sort=False),
        "volatility": frame["close"]
        .pct_change()
        .groupby(frame["regime"], observed=False)
        .std()
        .mul(252**0.5),
    }
)
print(table[table["bars"] > 0].round(3).to_string())

# %% [markdown]
# ## Draw


# %%
def runs(regimes):
    """Begin, end and label of each stretch of one regime; it lasts until the next begins."""
    begins = regimes.index[regimes != regimes.shift()]
    yield from zip(begins, [*begins[1:], regimes.index[-1]], regimes[begins])


figure, (price, shares) = plt.subplots(
    2, 1, sharex=True, figsize=(11, 6), height_ratios=[3, 1], layout="constrained"
)
for begin, end, label in runs(frame["regime"]):
    price.axvspan(begin, end, color=COLOURS[label], alpha=0.35, linewidth=0)
price.plot(frame.index, frame["close"], color="black", linewidth=0.8)
price.set_yscale("log")
price.yaxis.set_major_formatter("{x:,.0f}")
price.yaxis.set_minor_formatter("{x:,.0f}")
price.margins(x=0)
price.set_title(f"{market} and its regimes")

drawn = [label for label in COLOURS if frame[f"p_{label}"].any()]
shares.stackplot(
    frame.index,
    *(frame[f"p_{label}"] for label in drawn),
    labels=drawn,
    colors=[COLOURS[label] for label in drawn],
)
shares.set_ylim(0, 1)
shares.set_ylabel("probability")
figure.legend(loc="outside lower center", ncols=len(drawn), frameon=False)
figure.savefig("regimes.png", dpi=120)
print("regimes.png")
