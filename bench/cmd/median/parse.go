package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results are the samples of each benchmark by unit.
type results map[string]map[string][]float64

// fact is a line about the machine or the program.
type fact struct{ name, value string }

func readRuns(names []string) (results, error) {
	r := results{}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		err = r.read(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return r, nil
}

// procs is what the testing package appends to names where more than one core
// is used.
var procs = regexp.MustCompile(`-\d+$`)

// read takes in the lines of results, and refuses the output of a run that
// failed.
func (r results) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "--- FAIL") || line == "FAIL" {
			return fmt.Errorf("the run failed: %s", line)
		}
		f := strings.Fields(line)
		if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		if err := r.add(strings.TrimPrefix(procs.ReplaceAllString(f[0], ""), "Benchmark"), f[2:]); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (r results) add(name string, pairs []string) error {
	if r[name] == nil {
		r[name] = map[string][]float64{}
	}
	for i := 0; i < len(pairs); i += 2 {
		v, err := strconv.ParseFloat(pairs[i], 64)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r[name][pairs[i+1]] = append(r[name][pairs[i+1]], v)
	}
	return nil
}

// sample is a median with its range.
type sample struct{ low, median, high float64 }

// of returns the sample of a benchmark in a unit.
func (r results) of(name, unit string) (sample, bool) {
	list := slices.Sorted(slices.Values(r[name][unit]))
	n := len(list)
	if n == 0 {
		return sample{}, false
	}
	return sample{list[0], (list[(n-1)/2] + list[n/2]) / 2, list[n-1]}, true
}

func readFacts(name string) ([]fact, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []fact
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			list = append(list, fact{k, v})
		}
	}
	return list, nil
}
