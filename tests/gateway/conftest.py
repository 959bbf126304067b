import pytest
from bundle_made import SigningKey, write_bundle, write_regression
from gateway_process import key, route, running


@pytest.fixture(scope="session")
def signing():
    return SigningKey()


@pytest.fixture(scope="session")
def churn(signing, tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("bundles"), signing)


@pytest.fixture(scope="session")
def lenient(signing, tmp_path_factory):
    return write_bundle(
        tmp_path_factory.mktemp("lenient"), signing, product="lenient", missing="flag", unseen="flag"
    )


@pytest.fixture(scope="session")
def gateway(signing, churn, lenient, tmp_path_factory):
    """A running gateway with a classifier and a regression; tests must leave it as it is."""
    bundles = tmp_path_factory.mktemp("bundles")
    prices = write_regression(bundles, signing)
    everything = (key(), key("churn-only", name="key-2"))
    routes = [
        route("churn", churn, signing=signing, keys=everything, label="sandbox"),
        route("prices", prices, signing=signing),
        route(
            "lenient", lenient, signing=signing, keys=(key(), key("reader", name="key-3", scopes=("read",)))
        ),
    ]
    with running(tmp_path_factory.mktemp("gateway"), *routes) as started:
        yield started
