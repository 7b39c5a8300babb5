"""What watches: log groups, event rules with their targets, metric alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.convert import from_aws, to_aws
from sandbox.providers.base import CheckFailure, Props


class LogGroup(Handler):
    """``aws:cloudwatch/logGroup:LogGroup``; its id is its name."""

    title = "CloudWatch Logs Log Group"
    cfn = "AWS::Logs::LogGroup"
    names = {"name": "LogGroupName"}
    autoname = AutoName("name", 512)
    defaults = {"skipDestroy": False}
    replace_on = frozenset({"namePrefix", "logGroupClass"})

    def fill(self, inputs: Props) -> Props:
        """Zero days means for ever, which AWS says by having no setting."""
        return {key: value for key, value in inputs.items() if (key, value) != ("retentionInDays", 0)}

    def create(self, aws: Scope, inputs: Props) -> Made:
        logs, name = aws.client("logs"), inputs["name"]
        logs.create_log_group(
            logGroupName=name,
            **given(kmsKeyId=inputs.get("kmsKeyId"), tags=dict(inputs.get("tagsAll") or {}) or None),
        )
        if inputs.get("retentionInDays"):
            logs.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
        return Made(name, {"arn": aws.arn("logs", f"log-group:{name}"), **_LOG_DEFAULTS})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        logs = aws.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=id_)["logGroups"]
        found = next((group for group in groups if group["logGroupName"] == id_), None)
        if found is None:
            return None
        arn = aws.arn("logs", f"log-group:{id_}")
        return {
            "arn": arn,
            "name": id_,
            "retentionInDays": found.get("retentionInDays", 0),
            "kmsKeyId": found.get("kmsKeyId"),
            "tagsAll": logs.list_tags_for_resource(resourceArn=arn).get("tags", {}),
            **_LOG_DEFAULTS,
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        logs, new = aws.client("logs"), change.new
        if "retentionInDays" in change and new.get("retentionInDays"):
            logs.put_retention_policy(logGroupName=id_, retentionInDays=new["retentionInDays"])
        elif "retentionInDays" in change:
            logs.delete_retention_policy(logGroupName=id_)
        if "kmsKeyId" in change and new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=id_, kmsKeyId=new["kmsKeyId"])
        elif "kmsKeyId" in change:
            logs.disassociate_kms_key(logGroupName=id_)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        if not state.get("skipDestroy"):
            aws.client("logs").delete_log_group(logGroupName=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        logs, arn = aws.client("logs"), aws.arn("logs", f"log-group:{id_}")
        if put:
            logs.tag_resource(resourceArn=arn, tags=dict(put))
        if drop:
            logs.untag_resource(resourceArn=arn, tagKeys=list(drop))


_LOG_DEFAULTS: Props = {"logGroupClass": "STANDARD", "deletionProtectionEnabled": False}


class EventRule(Handler):
    """``aws:cloudwatch/eventRule:EventRule``; its id is its name, or ``<bus>/<name>`` off the default bus."""

    title = "EventBridge Rule"
    cfn = "AWS::Events::Rule"
    names = {"isEnabled": "", "eventPattern": ""}
    autoname = AutoName("name", 64)
    defaults = {"eventBusName": "default", "forceDestroy": False}
    replace_on = frozenset({"namePrefix", "eventBusName"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        if inputs.get("eventPattern") is None and inputs.get("scheduleExpression") is None:
            reason = "a rule needs a trigger. Set eventPattern or scheduleExpression."
            return [CheckFailure("eventPattern", reason)]
        return []

    def create(self, aws: Scope, inputs: Props) -> Made:
        arn = self._put(aws, inputs, tags=True)
        bus = inputs["eventBusName"]
        state = _state(inputs)
        live = {"arn": arn, "state": state, "isEnabled": state == "ENABLED"}
        return Made(inputs["name"] if bus == "default" else f"{bus}/{inputs['name']}", live)

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        bus, name = _bus_and_name(id_)
        events = aws.client("events")
        found = events.describe_rule(Name=name, EventBusName=bus)
        tags = events.list_tags_for_resource(ResourceARN=found["Arn"]).get("Tags")
        return {
            "arn": found["Arn"],
            "name": name,
            "eventBusName": bus,
            "tagsAll": tag_map(tags),
            **given(
                description=found.get("Description") or None,
                eventPattern=found.get("EventPattern"),
                scheduleExpression=found.get("ScheduleExpression") or None,
                state=found.get("State"),
                isEnabled=found.get("State") == "ENABLED",
            ),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new, tags=False)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        bus, name = _bus_and_name(id_)
        events = aws.client("events")
        if state.get("forceDestroy"):
            targets = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
            if targets:
                events.remove_targets(Rule=name, EventBusName=bus, Ids=[target["Id"] for target in targets])
        events.delete_rule(Name=name, EventBusName=bus)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        events, arn = aws.client("events"), state["arn"]
        if put:
            events.tag_resource(ResourceARN=arn, Tags=key_values(put))
        if drop:
            events.untag_resource(ResourceARN=arn, TagKeys=list(drop))

    def _put(self, aws: Scope, inputs: Props, *, tags: bool) -> str:
        made = aws.client("events").put_rule(
            Name=inputs["name"],
            EventBusName=inputs["eventBusName"],
            State=_state(inputs),
            **given(
                Description=inputs.get("description"),
                EventPattern=inputs.get("eventPattern"),
                ScheduleExpression=inputs.get("scheduleExpression"),
                RoleArn=inputs.get("roleArn"),
                Tags=(key_values(inputs.get("tagsAll")) or None) if tags else None,
            ),
        )
        return str(made["RuleArn"])


def _state(inputs: Props) -> str:
    return inputs.get("state") or ("DISABLED" if inputs.get("isEnabled") is False else "ENABLED")


def _bus_and_name(id_: str) -> tuple[str, str]:
    bus, _, name = id_.rpartition("/")
    return bus or "default", name


class EventTarget(Handler):
    """``aws:cloudwatch/eventTarget:EventTarget``; its id is ``<rule>-<target>``."""

    title = "EventBridge Target"
    autoname = AutoName("targetId", 64)
    defaults = {"eventBusName": "default", "forceDestroy": False}
    replace_on = frozenset({"rule", "targetId", "eventBusName"})
    _nested: ClassVar[dict[str, str]] = {
        "sqsTarget": "SqsParameters",
        "deadLetterConfig": "DeadLetterConfig",
        "retryPolicy": "RetryPolicy",
        "inputTransformer": "InputTransformer",
    }

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        prefix = "" if inputs["eventBusName"] == "default" else f"{inputs['eventBusName']}-"
        return Made(f"{prefix}{inputs['rule']}-{inputs['targetId']}")

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        if state.get("rule"):
            bus, rule, target = state.get("eventBusName", "default"), state["rule"], state["targetId"]
        else:
            *rest, rule, target = id_.split("/")
            bus = rest[0] if rest else "default"
        targets = aws.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        found = next((item for item in targets if item["Id"] == target), None)
        if found is None:
            return None
        live = {"rule": rule, "targetId": target, "eventBusName": bus, "arn": found["Arn"]}
        nested = {ours: from_aws(found[theirs]) for ours, theirs in self._nested.items() if found.get(theirs)}
        return {**live, **nested, **given(roleArn=found.get("RoleArn"), input=found.get("Input"))}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("events").remove_targets(
            Rule=state["rule"], EventBusName=state.get("eventBusName", "default"), Ids=[state["targetId"]]
        )

    def _put(self, aws: Scope, inputs: Props) -> None:
        target: dict[str, Any] = {
            "Id": inputs["targetId"],
            "Arn": inputs["arn"],
            **given(
                RoleArn=inputs.get("roleArn"), Input=inputs.get("input"), InputPath=inputs.get("inputPath")
            ),
            **{theirs: to_aws(inputs[ours]) for ours, theirs in self._nested.items() if inputs.get(ours)},
        }
        aws.client("events").put_targets(
            Rule=inputs["rule"], EventBusName=inputs["eventBusName"], Targets=[target]
        )


class MetricAlarm(Handler):
    """``aws:cloudwatch/metricAlarm:MetricAlarm``; its id is its name."""

    title = "CloudWatch Metric Alarm"
    cfn = "AWS::CloudWatch::Alarm"
    names = {"name": "AlarmName", "dimensions": "", "metricQueries": "", "okActions": "OKActions"}
    autoname = AutoName("name", 255)
    defaults = {"actionsEnabled": True, "treatMissingData": "missing"}
    _plain: ClassVar[frozenset[str]] = frozenset(
        {"actionsEnabled", "alarmActions", "alarmDescription", "comparisonOperator", "datapointsToAlarm"}
        | {"evaluationPeriods", "extendedStatistic", "insufficientDataActions", "metricName", "namespace"}
        | {"period", "statistic", "threshold", "treatMissingData", "unit"}
    )

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs, key_values(inputs.get("tagsAll")))
        lists = {key: inputs.get(key) or [] for key in _ACTIONS}
        return Made(inputs["name"], {"arn": aws.arn("cloudwatch", f"alarm:{inputs['name']}"), **lists})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cloudwatch = aws.client("cloudwatch")
        alarms = cloudwatch.describe_alarms(AlarmNames=[id_])["MetricAlarms"]
        if not alarms:
            return None
        found = from_aws(alarms[0])
        dimensions = {item["Name"]: item["Value"] for item in alarms[0].get("Dimensions") or ()}
        arn = alarms[0]["AlarmArn"]
        return {
            **{key: found[key] for key in self._plain if key in found},
            "name": id_,
            "arn": arn,
            "dimensions": dimensions,
            "okActions": alarms[0].get("OKActions") or [],
            "tagsAll": tag_map(cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new, [])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[id_])

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        cloudwatch, arn = aws.client("cloudwatch"), state["arn"]
        if put:
            cloudwatch.tag_resource(ResourceARN=arn, Tags=key_values(put))
        if drop:
            cloudwatch.untag_resource(ResourceARN=arn, TagKeys=list(drop))

    def _put(self, aws: Scope, inputs: Props, tags: list[dict[str, str]]) -> None:
        dimensions = key_values(inputs.get("dimensions"), "Name", "Value")
        plain = to_aws({key: inputs[key] for key in self._plain if inputs.get(key) is not None})
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName=inputs["name"],
            **plain,
            **given(
                Dimensions=dimensions or None,
                Tags=tags or None,
                OKActions=inputs.get("okActions"),
                Metrics=_queries(inputs),
            ),
        )


_ACTIONS = ("alarmActions", "insufficientDataActions", "okActions")


def _queries(inputs: Props) -> list[dict[str, Any]] | None:
    """Metric maths, with each query's dimensions as the list that CloudWatch takes."""
    queries = []
    for query in inputs.get("metricQueries") or ():
        made = to_aws({key: value for key, value in query.items() if key != "metric"})
        metric = query.get("metric")
        if metric:
            stat = {key: metric[key] for key in ("period", "stat", "unit") if metric.get(key) is not None}
            what = {
                "MetricName": metric["metricName"],
                "Namespace": metric.get("namespace"),
                "Dimensions": key_values(metric.get("dimensions"), "Name", "Value"),
            }
            made["MetricStat"] = {"Metric": what, **to_aws(stat)}
        queries.append(made)
    return queries or None


class LogResourcePolicy(Handler):
    """``aws:cloudwatch/logResourcePolicy:LogResourcePolicy`` of the account; its id is its name."""

    title = "CloudWatch Logs Resource Policy"
    replace_on = frozenset({"policyName", "resourceArn"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(inputs["policyName"], {"policyScope": "ACCOUNT"})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        policies = aws.client("logs").describe_resource_policies()["resourcePolicies"]
        found = next((item for item in policies if item["policyName"] == id_), None)
        if found is None:
            return None
        return {"policyName": id_, "policyDocument": found["policyDocument"], "policyScope": "ACCOUNT"}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("logs").delete_resource_policy(policyName=id_)

    def _put(self, aws: Scope, inputs: Props) -> None:
        aws.client("logs").put_resource_policy(
            policyName=inputs["policyName"], policyDocument=inputs["policyDocument"]
        )
