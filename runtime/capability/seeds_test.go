package capability_test

import (
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// seedOrders are the beginnings of what fuzzing says.
func seedOrders(t testing.TB) [][]any {
	echo := capability.StartOrder{Actor: "echo", Token: token(t, "acme", claims.Module{Subject: "m1", Caps: []string{capability.HTTPServer}, Alias: "it/echo"})}
	next := echo
	next.Token = token(t, "acme", claims.Module{Subject: "m1", Caps: []string{capability.HTTPServer}, Revision: 2, Alias: "other"})
	twin := capability.StartOrder{Actor: "twin", Token: next.Token, Instances: 3}
	web := capability.ProviderOrder{Name: "web", Kind: "httpserver", Config: map[string]string{"port": "1"}}
	own := capability.ProviderOrder{Name: "own", Address: "mine/x", Contract: "acme:thing", Key: key("v1"), Plain: true}
	link := capability.LinkOrder{LinkName: capability.LinkName{Actor: key("m1"), Contract: capability.HTTPServer}, Provider: "web", Values: map[string]string{"port": "8080"}}
	byAlias := capability.LinkOrder{LinkName: capability.LinkName{Actor: "it/echo", Contract: "acme:thing", Name: "x"}, Provider: key("v1")}
	vouching := capability.TrustOrder{Key: key("orga"), Token: accountToken(t, "orga", claims.Account{Subject: "orga", ValidSigners: []string{"orgb"}})}
	vouched := capability.TrustOrder{Key: key("acme"), Token: accountToken(t, "orgb", claims.Account{Subject: "acme", Name: "Acme", ValidSigners: []string{"bolt", "cove"}})}
	type order = capability.Order
	return [][]any{
		{&order{Start: []capability.StartOrder{echo}, Provide: []capability.ProviderOrder{web, own}, Link: []capability.LinkOrder{link, byAlias}},
			&order{Start: []capability.StartOrder{next, twin}}, &order{Withdraw: []string{"web"}, Stop: []actor.Address{"echo"}}},
		{&order{Link: []capability.LinkOrder{link}}, &order{Start: []capability.StartOrder{echo}},
			&order{Provide: []capability.ProviderOrder{web}, Report: []capability.ReportOrder{{Provider: "web", State: capability.Failed, Reason: "taken"},
				{Provider: "web", Actor: "echo", Link: "default", State: capability.Healthy, Detail: "127.0.0.1:8080"}}},
			&order{Scale: []capability.ScaleOrder{{Actor: "echo", Instances: 0}}}, &order{Unlink: []capability.LinkName{link.LinkName}}},
		{&order{Trust: []capability.TrustOrder{vouching, vouched}}, &order{Start: []capability.StartOrder{echo}},
			&order{Ban: []capability.BanOrder{{Key: key("m1"), Reason: "no"}}}, &order{Distrust: []string{key("orga"), key("acme")}}},
	}
}
