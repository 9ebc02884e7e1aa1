//go:build !unix

package main

func limitSystem() {}
