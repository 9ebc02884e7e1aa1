package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meter counts. Its labels are words of the door and of the policies served,
// never of a request.
type meter struct {
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	decisions *prometheus.CounterVec
	reasons   *prometheus.CounterVec
	unsent    prometheus.Counter
}

func newMeter(d *Door) (*meter, error) {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "avow_requests_total", Help: "Requests answered, by operation and status."}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "avow_request_seconds", Help: "How long answers took.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5}}, []string{"operation"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "avow_decisions_total", Help: "Decisions, by policy, verb and verdict: allow, refuse, or observe for a refusal that was let pass."}, []string{"policy", "verb", "verdict"}),
		reasons:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "avow_refusal_reasons_total", Help: "Grounds of refusals, by policy and code. A refusal may have several."}, []string{"policy", "reason"}),
		unsent:    prometheus.NewCounter(prometheus.CounterOpts{Name: "avow_answers_unsent_total", Help: "Answers whose caller had gone."}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.decisions, m.reasons, m.unsent, &gauges{d}} {
		if err := d.cfg.Metrics.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *meter) request(op string, status int, took time.Duration) {
	m.requests.WithLabelValues(op, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(op).Observe(took.Seconds())
}

// observed is an answer whose receipt tells of a decision.
type observed interface{ receipt() Receipt }

func (a Answer) receipt() Receipt { return a.Receipt }

func (h Handed) receipt() Receipt { return h.Receipt }

// count counts the decision that an operation came to.
func (d *Door) count(c *call, op *operation, out any, err error) {
	if op.verb == avow.NoVerb || c.replay != nil && c.replay.Done() {
		return
	}
	policy, verb := string(c.policy), op.verb.String()
	if r, ok := errors.AsType[*avow.Refusal](err); ok {
		d.meter.decisions.WithLabelValues(policy, verb, "refuse").Inc()
		for reason := range r.Decision.Reasons.All() {
			d.meter.reasons.WithLabelValues(policy, reason.String()).Inc()
		}
		return
	}
	if err != nil {
		return
	}
	verdict := "allow"
	if o, ok := out.(observed); ok && o.receipt().Observe {
		verdict = "observe"
	}
	d.meter.decisions.WithLabelValues(policy, verb, verdict).Inc()
}

// gauges asks the store when somebody looks.
type gauges struct{ d *Door }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector. What is collected depends on the
// policies served, so that nothing is promised.
func (*gauges) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, kind, v, labels...)
	}
	send(gauge("avow_requests_under_way", "Requests that are being answered."), prometheus.GaugeValue, float64(len(g.d.slots)))
	if g.d.cfg.Stats != nil {
		s := g.d.cfg.Stats()
		send(gauge("avow_store_groups_total", "Transactions committed."), prometheus.CounterValue, float64(s.Groups))
		send(gauge("avow_store_changes_total", "Changes that took part in them."), prometheus.CounterValue, float64(s.Changes))
		send(gauge("avow_store_waiting", "Changes that wait to be committed."), prometheus.GaugeValue, float64(s.Waiting))
		failing := 0.0
		if s.Failing {
			failing = 1
		}
		send(gauge("avow_store_tidying_failed", "1 while the store cannot tidy in the background: nothing is lost, memory and the file grow."), prometheus.GaugeValue, failing)
	}
	for _, id := range g.d.cfg.Gate.Policies() {
		state, err := g.d.cfg.Gate.Store().LogState(context.Background(), id)
		if err != nil {
			continue // a store that cannot be read shows itself in every other number
		}
		send(gauge("avow_log_recorded", "Leaves recorded.", "policy"), prometheus.GaugeValue, float64(state.Recorded), string(id))
		g.proof(send, id)
		send(gauge("avow_log_sealed", "Leaves sealed and published.", "policy"), prometheus.GaugeValue, float64(state.Sealed), string(id))
	}
}

// proof says whether any promise of a policy is known to be broken.
func (g *gauges) proof(send func(*prometheus.Desc, prometheus.ValueType, float64, ...string), id avow.PolicyID) {
	p, err := g.d.cfg.Gate.Promises(context.Background(), id)
	if err != nil {
		return
	}
	kept := 1.0
	if p.Seal == "broken" {
		kept = 0
	}
	send(gauge("avow_seal", "1 while no promise of the policy is known to be broken, else 0.", "policy"), prometheus.GaugeValue, kept, string(id))
	send(gauge("avow_promises_broken", "Promises that are known to be broken.", "policy"), prometheus.GaugeValue, float64(p.Count(gate.PromiseBroken)), string(id))
	if p.SelfTest != nil {
		send(gauge("avow_self_test_time_seconds", "When the last self-test was reported, in Unix time.", "policy"), prometheus.GaugeValue, float64(p.SelfTest.At.Unix()), string(id))
	}
}

// addMetrics shows the metrics to officers. A token is asked for, and not a
// local address: behind a proxy every request is local.
func (d *Door) addMetrics() {
	show := promhttp.HandlerFor(d.cfg.Metrics, promhttp.HandlerOpts{})
	op := operation{id: "metrics", method: http.MethodGet, path: "/metrics", tag: "Running it", scopes: auth.Officer, media: "text/plain",
		summary: "Numbers for Prometheus",
		doc:     "No label holds anything of a request. Prometheus sends the token when its scrape configuration says so (authorization.credentials_file)."}
	d.add(op, nil, nil, func(w http.ResponseWriter, r *http.Request) {
		if _, err := d.admit(r, &op); err != nil {
			d.fail(w, r, err)
			return
		}
		show.ServeHTTP(w, r)
	})
}
