package syntax_test

import (
	"errors"
	"testing"

	"avow.dev/policy/syntax"
)

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want syntax.Period
		err  error
	}{
		{"90d", syntax.Period{Set: true, N: 90, Unit: syntax.Day}, nil},
		{"6mo", syntax.Period{Set: true, N: 6, Unit: syntax.Month}, nil},
		{"5m", syntax.Period{Set: true, N: 5, Unit: syntax.Minute}, nil},
		{"15wd", syntax.Period{Set: true, N: 15, Unit: syntax.WorkingDay}, nil},
		{"at once", syntax.Period{Set: true, Unit: syntax.Second}, nil},
		{"0d", syntax.Period{Set: true, Unit: syntax.Second}, nil},
		{"999999y", syntax.Period{Set: true, N: 999999, Unit: syntax.Year}, nil},
		{"1000000y", syntax.Period{}, syntax.ErrPeriod},
		{"90", syntax.Period{}, syntax.ErrNoUnit},
		{"1.5", syntax.Period{}, syntax.ErrNoUnit},
		{"1y6mo", syntax.Period{}, syntax.ErrMixedUnits},
		{"1y 6mo", syntax.Period{}, syntax.ErrMixedUnits},
		{"", syntax.Period{}, syntax.ErrPeriod},
		{"-1d", syntax.Period{}, syntax.ErrPeriod},
		{"01d", syntax.Period{}, syntax.ErrPeriod},
		{"90D", syntax.Period{}, syntax.ErrPeriod},
		{"90 d", syntax.Period{}, syntax.ErrPeriod},
		{"90d ", syntax.Period{}, syntax.ErrPeriod},
		{"90d\n", syntax.Period{}, syntax.ErrPeriod},
	}
	for _, tt := range tests {
		if got, err := syntax.ParsePeriod(tt.in); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: got %+v, %v", tt.in, got, err)
		}
	}
}

func TestParseKeep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		err      error
	}{
		{"90d after account-closed", "90d after account-closed", nil},
		{"at once after delivered", "at once after delivered", nil},
		{"0d after delivered", "at once after delivered", nil},
		{"90d", "", syntax.ErrKeep},
		{"90 after delivered", "", syntax.ErrNoUnit},
		{"90d after lunch", "90d after lunch", syntax.ErrEvent},
		{"90d after delivered after delivered", "90d after delivered after delivered", syntax.ErrEvent},
		{"after delivered", "", syntax.ErrPeriod},
	}
	for _, tt := range tests {
		if got, err := syntax.ParseKeep(tt.in); got.String() != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: got %q, %v", tt.in, got, err)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"2026-12-31": true, "2024-02-29": true, "2026-02-29": false, "2026-13-01": false, "0000-01-01": false, "26-01-01": false, "2026-1-1": false, "": false,
	} {
		got, err := syntax.ParseDate(in)
		if (err == nil) != ok || ok && got.String() != in || !ok && !errors.Is(err, syntax.ErrDate) {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
}
