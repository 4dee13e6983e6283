"""The container files keep the promises of the machine's own installation; no engine is needed to see it."""

import re

import yaml

from warehouse.home import REPOSITORY

COMPOSE = yaml.safe_load((REPOSITORY / "docker" / "compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (REPOSITORY / "docker" / "Dockerfile").read_text(encoding="utf-8")


def stages() -> set[str]:
    return set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE))


def test_each_service_is_a_target_of_the_dockerfile() -> None:
    assert {service["build"]["target"] for service in COMPOSE["services"].values()} == {"airflow", "dashboards"}
    assert {"airflow", "dashboards"} <= stages()


def test_ports_are_published_on_loopback_only() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["ports"], name
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name


def test_services_run_without_rights_they_do_not_need() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
    assert re.search(r"^USER heng$", DOCKERFILE, re.MULTILINE)


def test_everything_installed_is_pinned_by_hash() -> None:
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert installs == ["--require-hashes --requirement requirements.lock"]


def test_every_package_of_the_product_is_copied_and_every_image_checks_its_health() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    assert copied == {"warehouse", "etl", "dashboards", "dags"}
    assert DOCKERFILE.count("HEALTHCHECK") == 2
