"""Scores every customer with last month's churn model."""

import pandas as pd
import xgboost as xgb
from common import logger

log = logger("score-churn")


def main(date):
    rows = pd.read_parquet("s3://acme-features/churn/")
    model = xgb.XGBClassifier(random_state=7)
    model.load_model("model.json")
    rows["churn"] = model.predict_proba(rows.drop(columns="customer_id"))[:, 1]
    rows[["customer_id", "churn"]].to_parquet(f"s3://acme-scores/churn/{date}.parquet")


if __name__ == "__main__":
    main("2026-11-01")
