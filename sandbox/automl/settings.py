"""What can be asked of the search; imported where the libraries that search are not wanted."""

from collections.abc import Mapping

CLASSIFICATION, REGRESSION = "classification", "regression"
NUMERIC, CATEGORICAL, AUTO = "numeric", "categorical", "auto"
KINDS = (AUTO, NUMERIC, CATEGORICAL)
# Objective to scikit-learn's scorer; the first of each fits any number of classes.
OBJECTIVES: Mapping[str, Mapping[str, str]] = {
    CLASSIFICATION: {
        "minimize-log-loss": "neg_log_loss",
        "maximize-au-roc": "roc_auc",
        "maximize-au-prc": "average_precision",
    },
    REGRESSION: {
        "minimize-rmse": "neg_root_mean_squared_error",
        "minimize-mae": "neg_mean_absolute_error",
        "minimize-rmsle": "neg_root_mean_squared_log_error",
    },
}
