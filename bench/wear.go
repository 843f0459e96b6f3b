package bench

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A store that is new makes new log files, and to sync a file that grows takes the file system several times as long as
// to sync one that is written over. After wearBytes there are enough log files that are done with, and from then on the
// store uses those. That is how a host spends most of its life.
const (
	wearBytes = 160 << 20
	wearValue = 64 << 10
)

// ballast is an actor that keeps what it is sent.
type ballast struct{}

// Execute implements actor.Actor.
func (ballast) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set(countKey, msg.Body)
	return actor.Response{}, nil
}

// wearIn sends so much ballast that the host has used its log files once.
func (b *bed) wearIn(ctx context.Context) error {
	body := make([]byte, wearValue)
	l := newLoad(16, 0, func(ctx context.Context, c *client) error {
		_, err := b.host.Send(ctx, "bench", actor.Message{To: "ballast", Body: body})
		return err
	})
	// Each transaction writes the value three times: into the log, the receipt and the state.
	if err := l.count(ctx, wearBytes/(3*wearValue)); err != nil {
		return fmt.Errorf("wear in: %w", err)
	}
	return nil
}

// wearIn writes as much to the bare store.
func (b *bare) wearIn() error {
	value := make([]byte, wearValue)
	for n := 0; n < wearBytes; n += 16 * wearValue {
		batch := b.store.NewBatch()
		for i := range 16 {
			b.key = partition.AppendState(b.key[:0], 0, bookKey(i))
			batch.Set(b.key, value)
		}
		pending, err := b.store.Apply(batch)
		if err == nil {
			err = pending.Wait()
		}
		if err != nil {
			return fmt.Errorf("wear in: %w", err)
		}
	}
	return nil
}
