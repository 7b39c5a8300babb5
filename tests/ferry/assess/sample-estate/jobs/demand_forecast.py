"""Forecasts demand for every shop; reads the warehouse directly."""

import snowflake.connector
from prophet import Prophet

link = snowflake.connector.connect(
    account="acme-eu1",
    user="forecast",
    password="sommer2019-not-real",
)
SQL = "select ds, y, shop from demand.daily"
for shop, rows in link.cursor().execute(SQL).fetch_pandas_all().groupby("shop"):
    model = Prophet()
    model.fit(rows)
    model.predict(model.make_future_dataframe(28)).to_csv("/mnt/share/forecasts/%s.csv" % shop)
