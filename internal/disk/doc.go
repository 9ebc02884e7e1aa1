// Package disk makes written bytes durable at the least cost that the system offers.
package disk
