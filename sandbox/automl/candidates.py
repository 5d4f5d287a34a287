"""The estimators that are tried, cheapest first."""

from collections.abc import Callable
from typing import Any

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

Maker = Callable[[], Any]


def classifiers(seed: int) -> dict[str, Maker]:
    """Name to a maker of a fresh estimator."""
    return {
        "logistic regression, C=1": lambda: LogisticRegression(C=1.0, max_iter=1000),
        "logistic regression, C=0.1": lambda: LogisticRegression(C=0.1, max_iter=1000),
        "logistic regression, C=10": lambda: LogisticRegression(C=10.0, max_iter=1000),
        "15 nearest neighbours": lambda: KNeighborsClassifier(15, weights="distance"),
        "extra trees": lambda: ExtraTreesClassifier(100, random_state=seed),
        "random forest": lambda: RandomForestClassifier(100, random_state=seed),
        "gradient boosting, shallow": lambda: HistGradientBoostingClassifier(
            max_depth=3, max_iter=50, random_state=seed
        ),
        "gradient boosting": lambda: HistGradientBoostingClassifier(random_state=seed),
    }


def regressors(seed: int) -> dict[str, Maker]:
    """Name to a maker of a fresh estimator."""
    return {
        "ridge, alpha=1": lambda: Ridge(alpha=1.0),
        "ridge, alpha=10": lambda: Ridge(alpha=10.0),
        "15 nearest neighbours": lambda: KNeighborsRegressor(15, weights="distance"),
        "extra trees": lambda: ExtraTreesRegressor(100, random_state=seed),
        "random forest": lambda: RandomForestRegressor(100, random_state=seed),
        "gradient boosting, shallow": lambda: HistGradientBoostingRegressor(
            max_depth=3, max_iter=50, random_state=seed
        ),
        "gradient boosting": lambda: HistGradientBoostingRegressor(random_state=seed),
    }
