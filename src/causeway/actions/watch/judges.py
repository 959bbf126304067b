"""Everything that looks at a product; one more line, and one more is asked."""

from causeway.assess.watch_beside import disagreement
from causeway.assess.watch_business import kpi
from causeway.assess.watch_contract import contract
from causeway.assess.watch_cost import cost
from causeway.assess.watch_facts import Judge
from causeway.assess.watch_inputs import drift, promised_inputs, schema, skew
from causeway.assess.watch_quality import quality
from causeway.assess.watch_service import latency
from causeway.assess.watch_slo import slo, throughput, uptime
from causeway.assess.watch_supply import columns, freshness, volume

JUDGES: tuple[Judge, ...] = (
    drift,
    skew,
    schema,
    columns,
    promised_inputs,
    quality,
    disagreement,
    volume,
    freshness,
    contract,
    slo,
    latency,
    uptime,
    throughput,
    kpi,
    cost,
)
