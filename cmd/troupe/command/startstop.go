package command

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

func (c *call) startCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start actors with claims, and providers",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.startActorCommand(), c.startProviderCommand())
	return cmd
}

func (c *call) startActorCommand() *cobra.Command {
	var name string
	var instances int
	var lenient lenientFlags
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "actor FILE",
		Short: "Start the actor that a signed module is",
		Long: `Install a module that carries claims, and let it run as the actor of a name: that of the file if --name says none. Its claims
must be signed, and of this very code. If the actor is there the module takes its place, as by 'update actor'.`,
		Example: c.examples(`
			% start actor echo.wasm
			% start actor build/kvcounter_s.wasm --name kvcounter --max-concurrent 8`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wash.warn(c)
			if name == "" {
				name = nameOf(args[0])
			}
			opts := runtime.StartOptions{Instances: instances, AnyRevision: lenient.anyRevision, AnyCaps: lenient.anyCaps}
			return c.startActor(cmd.Context(), args[0], name, opts, "started")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "the `name` of the actor, which is its address")
	instancesFlag(cmd, "", &instances)
	lenient.add(cmd)
	wash.add(cmd)
	return cmd
}

// instancesFlag adds the flag that says how many calls of an actor may run at once, under the names that wash has had for it.
func instancesFlag(cmd *cobra.Command, short string, instances *int) {
	cmd.Flags().IntVarP(instances, "max-concurrent", short, 0, "how many `calls` may run at once: 1, or what it is, if it is 0")
	for _, old := range []string{"max-instances", "max", "count"} {
		cmd.Flags().IntVar(instances, old, 0, "--max-concurrent")
		_ = cmd.Flags().MarkHidden(old)
	}
}

// nameOf makes the name of an actor of that of its file: echo of build/echo_s.wasm.
func nameOf(file string) string {
	name := strings.ToLower(filepath.Base(strings.TrimPrefix(file, "file://")))
	for _, ending := range []string{".gz", ".wasm", "_s"} {
		name = strings.TrimSuffix(name, ending)
	}
	return name
}

// startActor starts or updates an actor from a file.
func (c *call) startActor(ctx context.Context, file, name string, opts runtime.StartOptions, what string) error {
	code, err := c.signedCode(file)
	if err != nil {
		return err
	}
	if err := checkModule(name); err != nil {
		return usagef("%w; --name says another", err)
	}
	return c.ordering(ctx, func(p place) error {
		a, err := p.start(ctx, name, code, opts)
		if err != nil {
			return orderError(explainStart(err))
		}
		return c.did(map[string]string{"actor_ref": file, "actor_id": a.Key, "name": string(a.Address), "revision": strconv.Itoa(int(a.Revision)),
			"instances": strconv.Itoa(a.Instances)},
			"Actor [%s] (%s) %s, revision %d, %s", a.Address, claims.Short(a.Key), what, a.Revision, count(a.Instances, "instance"))
	})
}

// signedCode reads the file of a module with claims.
func (c *call) signedCode(ref string) ([]byte, error) {
	file := strings.TrimPrefix(ref, "file://")
	if strings.Contains(file, "://") {
		return nil, usagef("%s is not fetched: name a file, or an address with its sha256 in a %s", ref, manifest.File)
	}
	wasm, err := c.codeOf(file)
	if err != nil {
		if strings.Contains(filepath.Base(file), ":") {
			return nil, notFoundf("%w; registries are not asked: name the file of the signed module", err)
		}
		return nil, err
	}
	code, err := manifest.NewCode(&manifest.Module{Name: nameOf(file)}, wasm)
	if err == nil {
		err = code.Check()
	}
	switch {
	case err != nil:
		return nil, usagef("%s cannot be started: %w", file, err)
	case code.Claims == nil:
		return nil, usagef("%s cannot be started: it has no claims; '%s claims sign' puts some in, or '%s install' takes modules without", file, c.Name, c.Name)
	}
	return code.Wasm, nil
}

func (c *call) startProviderCommand() *cobra.Command {
	var order capability.ProviderOrder
	var address, linkName, configFile string
	var values []string
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "provider KIND | NAME",
		Short: "Start a provider: a built-in one, or an actor that is one",
		Long: `Start a provider of a built-in kind (` + strings.Join(kindNames(), ", ") + `), under the name of the kind if --name says none. References of
wasmCloud's own providers, such as wasmcloud.azurecr.io/httpserver:0.17.0, mean the built-in kind that takes their place.

With --address and --contract it is any actor; with --plain one that knows nothing of invocations, and gets JSON.`,
		Example: c.examples(`
			% start provider httpserver --name http
			% start provider keyvalue --name sessions
			% start provider audit --address auditor --contract example:audit --plain`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wash.warn(c)
			order.Address = actor.Address(address)
			if order.Key != "" {
				if err := checkKey(order.Key, "a provider", claims.CheckPublic(order.Key, claims.ProviderKey)); err != nil {
					return fmt.Errorf("--key: %w", err)
				}
			}
			if err := providerOrder(&order, args[0], linkName); err != nil {
				return err
			}
			config, err := c.providerConfig(configFile, values)
			if err != nil {
				return err
			}
			order.Config = config
			ctx := cmd.Context()
			return c.ordering(ctx, func(p place) error {
				if err := p.order(ctx, capability.Order{Provide: []capability.ProviderOrder{order}}); err != nil {
					return orderError(err)
				}
				return c.did(map[string]string{"provider_ref": args[0], "provider_id": order.Name, "contract_id": order.Contract, "link_name": linkName},
					"Provider [%s] started; 'link put ACTOR %s' links actors to it", order.Name, order.Name)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&order.Name, "name", "", "the `name` of the provider")
	flags.StringVar(&address, "address", "", "the `address` of the actor that it is")
	flags.StringVar(&order.Contract, "contract", "", "the `contract` that it implements")
	flags.StringVar(&order.Key, "key", "", "the public `key` \"V…\" under which others know it")
	flags.BoolVar(&order.Plain, "plain", false, "the actor takes JSON, and knows nothing of invocations")
	flags.StringArrayVar(&values, "config", nil, "`name=value` of its configuration")
	flags.StringVar(&configFile, "config-json", "", "the `file` of its configuration, an object of JSON")
	flags.StringVarP(&linkName, "link-name", "l", capability.DefaultLink, "the name of its links")
	_ = flags.MarkHidden("link-name")
	wash.add(cmd)
	return cmd
}

func kindNames() (names []string) {
	for _, k := range capability.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// providerOrder says what a reference means.
func providerOrder(order *capability.ProviderOrder, ref, linkName string) error {
	if order.Address != "" {
		if order.Contract == "" {
			return misuse("--address goes with --contract: what the actor implements")
		}
		if order.Name == "" {
			order.Name = ref
		}
		_, err := parseAddress(string(order.Address))
		return err
	}
	kind := manifest.KindOf(ref)
	if kind == "" {
		return usagef("there is no built-in provider like %s: there are %s; an actor is a provider with --address and --contract", quoted(ref),
			strings.Join(kindNames(), ", "))
	}
	order.Kind = kind
	if order.Name == "" {
		order.Name = kind
		if linkName != capability.DefaultLink {
			order.Name += "-" + linkName
		}
	}
	k, _ := capability.KindOf(kind)
	order.Contract = k.Contract
	return nil
}

// providerConfig reads what a provider is configured by.
func (c *call) providerConfig(file string, values []string) (map[string]string, error) {
	config := map[string]string{}
	if file != "" {
		text, err := readFile(file)
		if err != nil {
			return nil, err
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(text, &object); err != nil {
			return nil, usagef("%s is no object of JSON: %w", file, err)
		}
		for name, value := range object {
			var s string
			if json.Unmarshal(value, &s) != nil {
				s = string(value)
			}
			config[name] = s
		}
	}
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, misuse("--config is name=value, and %s is not", quoted(v))
		}
		config[name] = value
	}
	if len(config) == 0 {
		return nil, nil
	}
	return config, nil
}

func (c *call) stopCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop actors with claims, and providers",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.stopActorCommand(), c.stopProviderCommand())
	return cmd
}

func (c *call) stopActorCommand() *cobra.Command {
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "actor ACTOR",
		Short: "Take an actor's right to run, and its links",
		Long: `Stop an actor, which is named by its address, its key, its alias or its name. Its links go; its state stays, for whoever starts
it again.`,
		Example: c.examples(`
			% stop actor echo
			% stop actor MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5`),
		Args: between(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = wash.withoutHost(args)
			if len(args) > 1 {
				return misuse("one actor is stopped at a time, and here are %d", len(args))
			}
			ctx := cmd.Context()
			return c.changing(ctx, func(p place) error {
				a, err := find(ctx, p, args[0])
				if err != nil {
					return err
				}
				if err := p.order(ctx, capability.Order{Stop: []actor.Address{a.Address}}); err != nil {
					return orderError(err)
				}
				return c.did(map[string]string{"actor_id": a.Key, "name": string(a.Address)}, "Actor [%s] stopped", a.Address)
			})
		},
	}
	cmd.Flags().Uint("count", 0, "how many")
	_ = cmd.Flags().MarkHidden("count")
	wash.add(cmd)
	return cmd
}

// find returns the actor with claims that a person means.
func find(ctx context.Context, p place, text string) (*capability.Actor, error) {
	cast, err := p.cast(ctx)
	if err != nil {
		return nil, err
	}
	return cast.find(text)
}

func (c *call) stopProviderCommand() *cobra.Command {
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "provider PROVIDER",
		Short: "Take a provider away; links to it stay",
		Example: c.examples(`
			% stop provider http`),
		Args: between(1, 4),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = wash.withoutHost(args) // and a contract and the name of a link may follow, in old scripts
			ctx := cmd.Context()
			return c.changing(ctx, func(p place) error {
				cast, err := p.cast(ctx)
				if err != nil {
					return err
				}
				provider := cast.provider(args[0])
				if provider == nil {
					return notFoundf("there is no provider %s; %s", quoted(args[0]), cast.providersHint(c))
				}
				if err := p.order(ctx, capability.Order{Withdraw: []string{provider.Name}}); err != nil {
					return orderError(err)
				}
				return c.did(map[string]string{"provider_id": provider.Name, "contract_id": provider.Contract}, "Provider [%s] stopped", provider.Name)
			})
		},
	}
	wash.add(cmd)
	return cmd
}
