# Conformance of the subject; written by `xend-harness init make`.
.PHONY: conformance
conformance:
	xend-harness test {{options}}--baseline conformance.toml \
	    --report text \
	    {{reports}} \
	    -- {{command}}
