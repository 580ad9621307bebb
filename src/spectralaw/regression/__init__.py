"""Estimators for the user's own data: their test error without a test set, what they learned, forecasts."""
