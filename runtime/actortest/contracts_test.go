package actortest_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestContracts runs transcripts on worlds with a chain.
func TestContracts(t *testing.T) {
	opts := &actortest.Options{Host: runtime.Options{Chain: &cosmwasm.Chain{}, Gas: cosmwasm.Gas()}}
	actortest.RunTranscripts(t, "testdata/contracts/*.txt", opts, nil)
}
