"""Customer features for the churn model, once a night."""

import os

import pandas as pd
import psycopg2
from common import logger

OUT = "s3://acme-features/churn/"
log = logger("churn-features")


def main():
    link = psycopg2.connect(host="crm-db.internal", user="etl", password=os.environ["FEATURE_DB_PASSWORD"])
    rows = pd.read_sql("select customer_id, email, logins_30d, balance_usd from customers", link)
    rows["email"] = rows["email"].map(hash)
    rows.to_parquet(OUT)
    log.info("%d customers", len(rows))


if __name__ == "__main__":
    main()
