"""The stages of a run, one a file: functions of digests whose results lie in the artefact store."""
