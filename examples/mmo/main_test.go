package main

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/examples/golden"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime/actortest"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/main.golden", out.String())
}

func TestTranscripts(t *testing.T) {
	actortest.RunTranscripts(t, "testdata/*.txt", nil, func(h *actortest.Host) {
		if err := game.Bind(h.World()); err != nil {
			t.Fatal(err)
		}
	})
}
