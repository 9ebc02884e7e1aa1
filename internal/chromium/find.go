package chromium

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrNone says that this machine has no Chromium.
var ErrNone = errors.New("no browser on this machine: install Chromium (Debian: apt-get install chromium), or name its path in AVOW_CHROMIUM")

// Find returns the path of a Chromium: the given one, else that of the
// environment variable AVOW_CHROMIUM, else the first known name on the PATH.
// A path that is named and does not lead to a program is an error; where none
// is named and none is found, the error is [ErrNone].
func Find(path string) (string, error) {
	if path == "" {
		path = os.Getenv("AVOW_CHROMIUM")
	}
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("chromium: the browser that was named cannot be run: %w", err)
		}
		return found, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", ErrNone
}
