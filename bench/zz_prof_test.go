package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestZZProf(t *testing.T) {
	w := os.Getenv("W")
	if w == "" {
		w = "transfer"
	}
	dir, _ := os.MkdirTemp("/tmp/w/bench", "d")
	defer os.RemoveAll(dir)
	r, err := Run(context.Background(), Config{Workload: w, Duration: 4 * time.Second, Dir: dir + "/x"})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(r)
	fmt.Println(string(b))
}
