"""A search over scikit-learn's estimators for a table: what stands for a cloud's AutoML."""
