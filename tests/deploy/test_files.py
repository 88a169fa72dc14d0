"""The files of a deployment: each against its schema or its own program, and against our code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from prometheus_client import Metric

from gateway.admin.metrics.metrics import Metrics
from gateway.settings.whole import load
from tests.support.tree import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = ROOT / "docker-compose.yml"
DASHBOARD = DEPLOY / "grafana/dashboards/frontline.json"
MANIFESTS = [*yaml.safe_load_all((DEPLOY / "k8s/frontline.yaml").read_text())]
ADDRESSES = {
    "LISTEN": "127.0.0.1:18080",
    "STATS": "127.0.0.1:18404",
    "GATEWAY_1": "127.0.0.1:18081",
    "GATEWAY_2": "127.0.0.1:18082",
}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def program(name: str) -> str:
    """Where it is; what tests cannot install is not asked for here."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def manifest(kind: str) -> Any:
    """The one of that kind."""
    (found,) = [one for one in MANIFESTS if one["kind"] == kind]
    return found


def run(*command: str | Path, **environ: str) -> str:
    """What it said, having found nothing wrong."""
    done = subprocess.run(
        command,
        check=False,
        cwd=DEPLOY,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- compose and the image -----------------------------------------------------------------------


def test_compose_keeps_to_its_specification() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    run(check, "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_compose_names_what_there_is() -> None:
    file = yaml.safe_load(COMPOSE.read_text())
    services = file["services"]
    assert {"gateway-1", "gateway-2", "redis", "balancer", "prometheus", "grafana"} == set(services)
    for service in services.values():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert (ROOT / source).exists() if source[0] == "." else source in file["volumes"]
        assert set(service.get("depends_on", [])) <= set(services)
    targets = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    (job,) = targets["scrape_configs"]
    asked = {target.partition(":")[0] for target in job["static_configs"][0]["targets"]}
    assert asked == {"gateway-1", "gateway-2"}


def test_the_gateways_settings_are_settings() -> None:
    gateway = yaml.safe_load(COMPOSE.read_text())["services"]["gateway-1"]
    given = {**gateway["environment"], "FRONTLINE_STORE__URL": "sqlite:///x"}
    given = {key: "a-token-of-16-or-more" if "${" in text else text for key, text in given.items()}
    settings = load(None, given)
    assert settings.server.allowed_hosts == ("gateway-1", "gateway-2", "balancer")
    patience = int(gateway["stop_grace_period"].removesuffix("s"))
    assert patience > settings.server.drain_s
    assert gateway["read_only"]


def test_the_image_is_small_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert "torch" not in last
    assert "USER 10001" in last
    assert "HEALTHCHECK" in last
    assert "pip" not in last
    variables = dict(re.findall(r"(FRONTLINE_\w+__\w+)=(\S+)", last))
    assert load(None, variables).model.folder == "/opt/model"
    run("sh", "-n", DEPLOY / "image.sh")


def test_the_bill_of_materials_names_licences_we_may_ship() -> None:
    bill = json.loads(run(sys.executable, "sbom.py"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    found = {one["name"]: one["licenses"][0]["license"]["name"] for one in bill["components"]}
    lock = (ROOT / "requirements/serve.lock").read_text()
    served = {name.lower() for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    assert served <= {name.replace("_", "-") for name in found} | set(found)
    copyleft = {name for name in served if re.search(r"\bA?GPL|Affero", found.get(name, ""))}
    assert copyleft <= {"espeakng-loader"}, "a licence that binds what it is shipped with"


# --- the balancer --------------------------------------------------------------------------------


def test_the_balancer_takes_its_configuration() -> None:
    run(program("haproxy"), "-c", "-f", "haproxy.cfg", **ADDRESSES)


# --- Prometheus and Grafana ----------------------------------------------------------------------


def exported() -> dict[str, set[str]]:
    """Every sample that can be exported, with its labels."""
    names: dict[str, set[str]] = {}
    metrics = Metrics()
    by_name = {}
    for collector in metrics.registry._collector_to_names:
        for family in getattr(collector, "describe", collector.collect)():
            by_name[family.name] = (family, set(getattr(collector, "_labelnames", ())))
    for name, (family, labels) in by_name.items():
        assert isinstance(family, Metric)
        for suffix in SUFFIXES[family.type]:
            names[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return names


def expressions() -> list[str]:
    """All that the dashboard and the alert rules ask."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in rules)]


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_is_exported(expression: str) -> None:
    names = exported()
    asked = re.findall(r"frontline_\w+", expression)
    assert asked or expression.startswith("up{")
    labels: set[str] = {"instance", "job"}
    for name in asked:
        assert name in names
        labels |= names[name]
    by = re.findall(r"by \(([^)]*)\)", expression)
    matched = re.findall(r"\{(\w+)[!=~]", expression)
    used = {one.strip() for group in by for one in group.split(",")} | set(matched)
    assert used <= labels


def test_prometheus_takes_its_configuration_and_the_rules() -> None:
    said = run(program("promtool"), "check", "config", "prometheus.yml")
    assert "8 rules found" in said


def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    refused = 'frontline_calls_refused_total{instance="g", reason="lag"}'
    draining = 'frontline_calls_refused_total{instance="g", reason="draining"}'
    page = {"severity": "page", "instance": "g"}
    case = {
        "evaluation_interval": "10s",
        "rule_files": [str(DEPLOY / "alerts.yml")],
        "tests": [
            {
                "interval": "10s",
                "input_series": [
                    {"series": 'up{job="frontline", instance="g"}', "values": "1x30 0x30"},
                    {"series": refused, "values": "0+1x60"},
                    {"series": draining, "values": "0+1x60"},
                ],
                "alert_rule_test": [
                    {"eval_time": "4m", "alertname": "GatewayDown"},
                    {
                        "eval_time": "6m",
                        "alertname": "GatewayDown",
                        "exp_alerts": [
                            {
                                "exp_labels": {**page, "job": "frontline"},
                                "exp_annotations": {"summary": "g does not answer"},
                            }
                        ],
                    },
                    {
                        "eval_time": "5m",
                        "alertname": "CallsRefused",
                        "exp_alerts": [
                            {
                                "exp_labels": {**page, "reason": "lag"},
                                "exp_annotations": {"summary": "g refuses calls: lag"},
                            }
                        ],
                    },
                ],
            }
        ],
    }
    path = tmp_path / "cases.yml"
    path.write_text(yaml.safe_dump(case))
    run(program("promtool"), "test", "rules", path)


def test_grafana_finds_the_dashboard_and_its_source() -> None:
    place = DEPLOY / "grafana/provisioning"
    (source,) = yaml.safe_load((place / "datasources/prometheus.yml").read_text())["datasources"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    (provider,) = yaml.safe_load((place / "dashboards/frontline.yml").read_text())["providers"]
    mounts = yaml.safe_load(COMPOSE.read_text())["services"]["grafana"]["volumes"]
    assert any(f":{provider['options']['path']}:" in mount for mount in mounts)


# --- Kubernetes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("one", MANIFESTS, ids=lambda one: one["kind"])
def test_a_manifest_keeps_to_its_schema(one: Any) -> None:
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_the_manifests_belong_together() -> None:
    pod = manifest("Deployment")["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    scaled = manifest("HorizontalPodAutoscaler")["spec"]
    assert scaled["scaleTargetRef"]["name"] == manifest("Deployment")["metadata"]["name"]
    assert scaled["metrics"][0]["pods"]["metric"]["name"] in exported()


def test_a_pod_is_given_time_to_let_its_calls_end() -> None:
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    (gateway,) = pod["containers"]
    environ = {one["name"]: one["value"] for one in gateway["env"]}
    drain = load(None, environ).server.drain_s
    pause = int(gateway["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > drain + pause
    assert "FRONTLINE_ADMIN__TOKEN" not in environ  # secrets come by reference
    assert gateway["securityContext"]["readOnlyRootFilesystem"]
