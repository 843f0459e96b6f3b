package bank

import (
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// setMetadata stores what is known about a denom. Only the base denom is checked, as in the keeper of a chain: metadata
// of real chains lacks names, symbols and units.
func setMetadata(state actor.State, m *wire.DenomMetadata) error {
	if err := checkDenom(m.Base); err != nil {
		return err
	}
	// Contracts refuse null where a list belongs.
	whole := *m
	whole.DenomUnits = append([]wire.DenomUnit{}, m.DenomUnits...)
	for i := range whole.DenomUnits {
		unit := &whole.DenomUnits[i]
		unit.Aliases = append([]string{}, unit.Aliases...)
	}
	data, err := encode(whole)
	if err != nil {
		return err
	}
	state.Set(key(metadata, m.Base), data)
	return nil
}

type (
	metadataAnswer struct {
		Metadata json.RawMessage `json:"metadata"`
	}
	allMetadataAnswer struct {
		Metadata []json.RawMessage `json:"metadata"`
		NextKey  []byte            `json:"next_key,omitempty"`
	}
)

func oneMetadata(state actor.Reader, denom string) (any, error) {
	data, ok := state.Get(key(metadata, denom))
	if !ok {
		return nil, actor.Errorf(CodeNotFound, "%s: not found", clip(denom))
	}
	return metadataAnswer{data}, nil
}

func allMetadata(state actor.Reader, page *wire.PageRequest) (any, error) {
	answer := allMetadataAnswer{Metadata: []json.RawMessage{}}
	next, err := paginate(state, []byte(metadata), page, func(_ string, value []byte) error {
		answer.Metadata = append(answer.Metadata, value)
		return nil
	})
	answer.NextKey = next
	return answer, err
}
