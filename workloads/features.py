"""The feature groups that move to the feature store, whole and under their own names (requirement C13).

A group moves at once: backfill, dual write, read-compare of every feature in it. Names are the contract with
the old stores: one that is missing or renamed on either side is a difference, not a default.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.specs.base import Spec


class FeatureGroup(Spec):
    """Features of one entity that are written together.

    Attributes:
        entity: what a key names, e.g. ``customer``.
        features: names, as the old store has them.
        derived_from: groups that must be backfilled before this one can be computed.
    """

    entity: str
    features: tuple[str, ...]
    derived_from: tuple[str, ...] = ()


def _group(entity: str, features: str, *derived_from: str) -> FeatureGroup:
    return FeatureGroup(entity=entity, features=tuple(features.split()), derived_from=derived_from)


FEATURE_GROUPS: Mapping[str, FeatureGroup] = {
    "customer-profile": _group(
        "customer",
        "age_band tenure_days region segment channel "
        "loyalty_tier consent_marketing household_size language account_status",
    ),
    "customer-activity": _group(
        "customer",
        "logins_7d logins_30d sessions_7d sessions_30d support_tickets_90d "
        "last_seen_days app_version_age push_opt_in nps_last complaints_180d",
        "customer-profile",
    ),
    "billing-history": _group(
        "customer",
        "invoices_12m late_payments_12m average_invoice_usd balance_usd payment_method "
        "autopay refunds_12m plan_changes_12m discount_share chargebacks_12m",
        "customer-profile",
    ),
    "card-transactions": _group(
        "card",
        "amount_log amount_zscore_30d count_1h count_24h merchants_24h "
        "countries_7d chip_share_30d online_share_30d declined_24h seconds_since_last",
    ),
    "merchant-risk": _group(
        "merchant",
        "category fraud_share_90d volume_log age_days chargeback_share_90d "
        "country night_share_30d ticket_mean ticket_sd new_cards_share_7d",
        "card-transactions",
    ),
    "item-catalogue": _group(
        "item",
        "category brand price_usd cost_usd launch_days "
        "stock_units rating_mean rating_count weight_kg seasonality",
    ),
    "browsing": _group(
        "customer",
        "views_1h views_24h views_7d carts_24h carts_7d "
        "searches_24h dwell_seconds_24h categories_7d bounce_share_7d last_category",
        "item-catalogue",
    ),
    "prices-and-demand": _group(
        "item",
        "price_change_30d elasticity competitor_gap units_7d units_28d "
        "margin_share promo_flag promo_depth stockouts_28d returns_28d",
        "item-catalogue",
    ),
    "stock-movements": _group(
        "item-site",
        "inbound_7d outbound_7d lead_days_mean lead_days_sd on_order_units "
        "safety_units backlog_units turnover_90d shrink_share_90d fill_rate_28d",
        "item-catalogue",
    ),
    "campaign-responses": _group(
        "customer",
        "opens_30d clicks_30d unsubscribes_12m conversions_90d spend_after_7d "
        "last_campaign_days channel_best hour_best fatigue_score coupons_used_12m",
        "customer-profile",
        "customer-activity",
    ),
    "suppliers": _group(
        "supplier",
        "on_time_share_90d defect_share_90d price_index country capacity_share "
        "contracts_open distance_km customs_days disputes_12m sole_source",
    ),
}
"""Every group by name; 110 features, a sample of the size that C9 names (100+)."""
