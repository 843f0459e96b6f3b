package command

import (
	"context"
	"fmt"
	"maps"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// listCommands are those below get that list something. With a key behind it, the word is the address of an actor, as with
// get itself.
func (c *call) listCommands() []*cobra.Command {
	var all []*cobra.Command
	for _, l := range []struct {
		word, alias, short string
		print              func(context.Context, place) error
	}{
		{"inventory", "inventories", "List actors with claims, and providers, and how they are", c.inventory},
		{"links", "", "List the links between actors and providers", c.links},
		{"claims", "", "List what the modules of actors claim", c.claimed},
		{"hosts", "", "Say who serves", c.hosts},
		{"trust", "", "List which issuers are trusted, who is banned, and which actor decides about the rest", c.trusted},
	} {
		var out valueFlags
		var wash washFlags
		cmd := &cobra.Command{
			Use:     l.word,
			Short:   l.short,
			Example: c.examples("\n\t\t\t% get " + l.word + "\n\t\t\t% get " + l.word + " -o json --server home"),
			Args:    between(0, 1),
			RunE: func(cmd *cobra.Command, args []string) error {
				ctx := cmd.Context()
				if len(args) > 0 && !isHost(args[0]) {
					return c.asking(ctx, func(p place) error { return c.get(ctx, p, actor.Address(l.word), []byte(args[0]), &out) })
				}
				return c.asking(ctx, func(p place) error { return l.print(ctx, p) })
			},
		}
		if l.alias != "" {
			cmd.Aliases = []string{l.alias}
		}
		wash.add(cmd)
		all = append(all, cmd)
	}
	return all
}

// hostView is who serves, as machines get it, with the names that wash has.
type hostView struct {
	ID      string            `json:"id"` // of the node; empty for a directory that nobody serves
	Name    string            `json:"friendly_name"`
	Version string            `json:"version,omitempty"`
	Uptime  int64             `json:"uptime_seconds"`
	State   string            `json:"state"`
	Labels  map[string]string `json:"labels"`
	started time.Time
}

// hostOf says who serves a place.
func (c *call) hostOf(ctx context.Context, p place) (*hostView, error) {
	s, asked := p.(*remote)
	if !asked {
		// The program that has the directory open is what would run its actors.
		family := "unix"
		if goruntime.GOOS == "windows" {
			family = "windows"
		}
		return &hostView{Name: c.dir, Version: c.Version, State: "not served",
			Labels: map[string]string{"hostcore.os": goruntime.GOOS, "hostcore.arch": goruntime.GOARCH, "hostcore.osfamily": family}}, nil
	}
	info, err := ask[api.Info](ctx, s, "info", &api.Empty{})
	if err != nil {
		return nil, err
	}
	return &hostView{ID: info.Host, Name: info.Name, Version: info.Version, Uptime: int64(time.Since(info.Started) / time.Second), State: info.State,
		Labels: map[string]string{}, started: info.Started}, nil
}

func (c *call) hosts(ctx context.Context, p place) error {
	h, err := c.hostOf(ctx, p)
	if err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(map[string]any{"hosts": []*hostView{h}, "success": true})
	}
	c.printer.table([][]string{{"HOST ID", "NAME", "UPTIME"}, {orDash(h.ID), h.Name, h.uptime()}})
	return nil
}

func (h *hostView) uptime() string {
	if h.started.IsZero() {
		return h.State
	}
	return (time.Duration(h.Uptime) * time.Second).String()
}

// inventoryView is what a host has, as machines get it.
type inventoryView struct {
	Host      string            `json:"host_id"`
	Name      string            `json:"friendly_name"`
	Labels    map[string]string `json:"labels"`
	Actors    []actorState      `json:"actors"`
	Providers []providerState   `json:"providers"`
}

type actorState struct {
	ID        string        `json:"id"`
	Address   actor.Address `json:"address"`
	Name      string        `json:"name,omitempty"`
	Alias     string        `json:"call_alias,omitempty"`
	Instances int           `json:"max_instances"`
	Revision  int32         `json:"revision"`
	Version   string        `json:"version,omitempty"`
	State     string        `json:"state"`
	Reason    string        `json:"reason,omitempty"`
}

type providerState struct {
	ID       string `json:"id"`
	Key      string `json:"key,omitempty"`
	Contract string `json:"contract_id"`
	Kind     string `json:"kind"`
	State    string `json:"state,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Links    int    `json:"links"`
}

func (c *call) inventory(ctx context.Context, p place) error {
	h, err := c.hostOf(ctx, p)
	if err != nil {
		return err
	}
	cast, err := p.cast(ctx)
	if err != nil {
		return err
	}
	v := inventoryView{Host: h.ID, Name: h.Name, Labels: h.Labels, Actors: []actorState{}, Providers: []providerState{}}
	for i := range cast.Actors {
		v.Actors = append(v.Actors, cast.actorState(&cast.Actors[i]))
	}
	for i := range cast.Providers {
		v.Providers = append(v.Providers, cast.providerState(&cast.Providers[i]))
	}
	if c.printer.json {
		return c.printer.object(map[string]any{"inventories": []inventoryView{v}, "success": true})
	}
	c.printInventory(h, &v)
	return nil
}

func (c *cast) actorState(a *capability.Actor) actorState {
	s := actorState{ID: a.Key, Address: a.Address, Name: a.Name, Alias: a.Alias, Instances: a.Instances, Revision: a.Revision, Version: a.Version,
		State: "running", Reason: c.refused[a.Address]}
	switch {
	case a.Instances == 0:
		s.State, s.Reason = "scaled to 0", ""
	case s.Reason != "":
		s.State = "refused"
	}
	return s
}

func (c *cast) providerState(p *capability.Provider) providerState {
	s := c.health(p.Name, "", "")
	v := providerState{ID: p.Name, Key: p.Key, Contract: p.Contract, Kind: p.Kind, State: string(s.State), Reason: s.Reason, Detail: s.Detail}
	for _, l := range c.Links {
		if l.Provider == p.Name || p.Key != "" && l.Provider == p.Key {
			v.Links++
		}
	}
	return v
}

func (c *call) printInventory(h *hostView, v *inventoryView) {
	p := c.printer
	p.printf("host %s  %s\n", p.style(show.Name, h.Name), h.uptime())
	if h.ID != "" {
		p.printf("  %s\n", h.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Labels)) {
		p.printf("  %s=%s\n", name, v.Labels[name])
	}
	p.printf("\n")
	var notes []string
	if len(v.Actors) == 0 {
		p.printf("No actors found: '%s start actor FILE' starts one\n", c.Name)
	} else {
		rows := [][]string{{"ACTOR", "KEY", "REVISION", "INSTANCES", "STATE"}}
		for _, a := range v.Actors {
			rows = append(rows, []string{string(a.Address), claims.Short(a.ID), strconv.Itoa(int(a.Revision)), strconv.Itoa(a.Instances), a.State})
			if a.Reason != "" {
				notes = append(notes, fmt.Sprintf("%s: %s", p.style(show.Name, string(a.Address)), a.Reason))
			}
		}
		p.table(rows)
	}
	p.printf("\n")
	if len(v.Providers) == 0 {
		p.printf("No providers found: '%s start provider KIND' starts one\n", c.Name)
	} else {
		rows := [][]string{{"PROVIDER", "KIND", "CONTRACT", "LINKS", "STATE"}}
		for _, s := range v.Providers {
			rows = append(rows, []string{s.ID, s.Kind, s.Contract, strconv.Itoa(s.Links), orDash(s.State)})
			if text := strings.TrimSpace(s.Reason + " " + s.Detail); text != "" {
				notes = append(notes, fmt.Sprintf("%s: %s", p.style(show.Name, s.ID), text))
			}
		}
		p.table(rows)
	}
	if len(notes) > 0 {
		p.printf("\n%s\n", strings.Join(notes, "\n"))
	}
}

// claimsView is what a module claims, as machines get it, with the names that wash has.
type claimsView struct {
	Actor        actor.Address `json:"actor"`
	Issuer       string        `json:"iss"`
	Subject      string        `json:"sub"`
	Name         string        `json:"name"`
	Capabilities string        `json:"caps"`
	Version      string        `json:"version"`
	Revision     string        `json:"rev"`
	Alias        string        `json:"call_alias"`
	Tags         string        `json:"tags"`
	Expires      string        `json:"expires,omitempty"`
}

func (c *call) claimed(ctx context.Context, p place) error {
	cast, err := p.cast(ctx)
	if err != nil {
		return err
	}
	views := []claimsView{}
	for _, a := range cast.Actors {
		v := claimsView{Actor: a.Address, Issuer: a.Issuer, Subject: a.Key, Name: a.Name, Capabilities: strings.Join(a.Caps, ","), Version: a.Version,
			Revision: strconv.Itoa(int(a.Revision)), Alias: a.Alias, Tags: strings.Join(a.Tags, ",")}
		if !a.Expires.IsZero() {
			v.Expires = a.Expires.UTC().Format(time.RFC3339)
		}
		views = append(views, v)
	}
	if c.printer.json {
		return c.printer.object(map[string]any{"claims": views, "success": true})
	}
	if len(views) == 0 {
		c.printer.printf("no claims: '%s start actor FILE' starts an actor that has some\n", c.Name)
	}
	for i, v := range views {
		if i > 0 {
			c.printer.printf("\n")
		}
		rows := [][]string{{"Actor", string(v.Actor)}, {"Issuer", v.Issuer}, {"Subject", v.Subject}, {"Name", v.Name},
			{"Capabilities", orDash(strings.ReplaceAll(v.Capabilities, ",", ", "))}, {"Version", v.Version + " (" + v.Revision + ")"}}
		for _, more := range [][]string{{"Call Alias", v.Alias}, {"Tags", v.Tags}, {"Expires", v.Expires}} {
			if more[1] != "" {
				rows = append(rows, more)
			}
		}
		c.printer.table(rows)
	}
	return nil
}
