package capability

import (
	"slices"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// CheckSecrets refuses an order with a seed where a public key belongs. It is for whoever sends an order, before: what a
// transaction refuses is in the log all the same.
func (o *Order) CheckSecrets() error {
	given := slices.Concat(o.Distrust, o.Unban)
	for i := range o.Provide {
		given = append(given, o.Provide[i].Key)
	}
	for i := range o.Link {
		given = append(given, o.Link[i].Actor, o.Link[i].Provider)
	}
	for i := range o.Trust {
		given = append(given, o.Trust[i].Key)
	}
	for i := range o.Ban {
		given = append(given, o.Ban[i].Key)
	}
	if slices.ContainsFunc(given, claims.LooksLikeSeed) {
		return actor.Errorf(CodeInvalidOrder, "a seed, which is a secret, stands where a public key belongs: nothing was written, give the public key")
	}
	return nil
}
