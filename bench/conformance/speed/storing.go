package speed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	wasmvm "github.com/CosmWasm/wasmvm/v3"

	"github.com/troupe-run/troupe/bench/conformance/oracle"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// processTime is the processor time of this process.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watch measures one thing.
type watch struct {
	begin time.Time
	cpu   time.Duration
}

func startWatch() watch { return watch{time.Now(), processTime()} }

func (w watch) stop() slice { return slice{time.Since(w.begin), processTime() - w.cpu} }

// storing measures how long it takes until a contract was called for the first time: from its code, and from what a VM
// that is gone has left on disk.
func storing(ctx context.Context, code []byte, o Options) ([]Row, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	first := workloads()[0].instantiate
	var cold, warm [2][]slice
	for round := range o.Stores {
		for i, side := range []func(context.Context, string, []byte, bool, *request) (slice, error){viaWasmvm, viaTroupe} {
			place := filepath.Join(dir, strconv.Itoa(round), strconv.Itoa(i))
			for _, again := range []bool{false, true} {
				took, err := side(ctx, place, code, again, &first)
				if err != nil {
					return nil, fmt.Errorf("speed: storing: %w", err)
				}
				if again {
					warm[i] = append(warm[i], took)
				} else {
					cold[i] = append(cold[i], took)
				}
			}
		}
	}
	name := fmt.Sprintf("of %d KB", len(code)/1000)
	return []Row{summarize("store + first call "+name, 1, cold[0], cold[1]), summarize("from cache + call "+name, 1, warm[0], warm[1])}, nil
}

// viaWasmvm stores code, unless it is stored, and calls it. What starts and ends the VM is not counted.
func viaWasmvm(_ context.Context, dir string, code []byte, stored bool, first *request) (slice, error) {
	v, err := oracle.New(dir, vm.Capabilities())
	if err != nil {
		return slice{}, err
	}
	defer v.Close()
	watch := startWatch()
	var sum wasmvm.Checksum
	if stored {
		sum, err = wasmvm.CreateChecksum(code)
	} else {
		sum, _, err = v.Raw().StoreCode(code, plenty)
	}
	if err != nil {
		return slice{}, err
	}
	err = newReference(v.Raw(), sum, 0).call(first)
	return watch.stop(), err
}

// viaTroupe loads code, which is compiled unless the cache has it, and calls it.
func viaTroupe(ctx context.Context, dir string, code []byte, stored bool, first *request) (slice, error) {
	// wasmvm compiles on all processors; so does an engine if it is told to.
	engine, err := wasm.NewEngine(wasm.Options{CacheDir: dir, Workers: runtime.GOMAXPROCS(0)})
	if err != nil {
		return slice{}, err
	}
	defer engine.Close()
	watch := startWatch()
	if !stored {
		if _, err := vm.Analyze(code); err != nil {
			return slice{}, err
		}
	}
	module, err := engine.Load(ctx, code, vm.Dialect())
	if err != nil {
		return slice{}, err
	}
	defer module.Close()
	err = newSubject(vm.New(module), 0).call(first)
	return watch.stop(), err
}
