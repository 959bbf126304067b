"""Everything that looks at a product; one more line, and one more is asked."""

from causeway.assess.watch_beside import disagreement
from causeway.assess.watch_facts import Judge
from causeway.assess.watch_inputs import drift, promised_inputs, schema, skew
from causeway.assess.watch_quality import quality
from causeway.assess.watch_service import freshness, latency, volume

JUDGES: tuple[Judge, ...] = (
    drift,
    skew,
    schema,
    promised_inputs,
    quality,
    disagreement,
    volume,
    freshness,
    latency,
)
