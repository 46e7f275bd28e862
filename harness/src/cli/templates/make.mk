# Conformance of the subject; written by `xend-harness init make`.
.PHONY: conformance
conformance:
	xend-harness test {{options}}--baseline conformance.toml \
	    --report text --report jsonl=conformance.jsonl --report html=conformance.html -- {{command}}
