"""MLflow's own scoring client, and its own serialisers for the other bodies: print what they read."""

import io
import json
import sys

import pandas as pd
import requests
from mlflow.pyfunc import scoring_server
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

port, bearer = sys.argv[1], sys.argv[3]
table = pd.DataFrame({"tenure": [5.5, 60.0], "visits": [3, 0], "plan": ["gold", "basic"]})
# texts it sends as they are; of a dict of arrays it makes none of these forms
FORMS = {
    "dataframe_records": {"dataframe_records": table.to_dict(orient="records")},
    "instances": {"instances": table.to_dict(orient="records")},
    "inputs": {"inputs": table.to_dict(orient="list"), "params": {}},
}
# its client knows no headers: the key is the password of its address
client = ScoringServerClient(f"mlflow:{bearer}@127.0.0.1", port)
client.ping()


def read(got):
    return [each["probability"]["leave"] for each in got]


def posted(body, media):
    headers = {"Content-Type": media, "Authorization": f"Bearer {bearer}"}
    got = requests.post(f"http://127.0.0.1:{port}/invocations", data=body, headers=headers, timeout=20)
    return read(got.json()["predictions"]) if got.ok else got.text


parquet = io.BytesIO()
table.to_parquet(parquet)
try:
    client.invoke(table.drop(columns="plan"))
    refused = ""
except Exception as error:  # noqa: BLE001 - it raises nothing narrower
    refused = str(error)
print(
    json.dumps(
        {
            "frame": list(client.invoke(table).get_predictions().columns),
            "dataframe": read(client.invoke(table)["predictions"]),
            "rows": read(client.invoke(table.to_dict(orient="records"))["predictions"]),
            **{form: read(client.invoke(json.dumps(FORMS[form]))["predictions"]) for form in FORMS},
            "csv": posted(table.to_csv(index=False), scoring_server.CONTENT_TYPE_CSV),
            "parquet": posted(parquet.getvalue(), scoring_server.CONTENT_TYPE_PARQUET),
            "refused": refused,
        }
    )
)
