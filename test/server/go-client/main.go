// Sends the same request many times at once, as kube-apiserver would: with net/http over HTTP/1.1, and without a second
// try. Prints how many answers of each status there were, and how many calls ended without one.
package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	url := flag.String("url", "", "where to")
	file := flag.String("body", "", "file that holds the body")
	calls := flag.Int("calls", 1, "how many")
	atOnce := flag.Int("at-once", 1, "how many of them at once")
	flag.Parse()

	body, err := os.ReadFile(*file)
	if err != nil {
		panic(err)
	}
	client := &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			// What client-go sets for webhooks.
			MaxIdleConnsPerHost: 25,
			TLSHandshakeTimeout: 10 * time.Second,
			TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
	}

	outcomes := map[string]int{}
	var lock sync.Mutex
	var group sync.WaitGroup
	for worker := 0; worker < *atOnce; worker++ {
		group.Add(1)
		go func(share int) {
			defer group.Done()
			for call := 0; call < share; call++ {
				outcome := post(client, *url, body)
				lock.Lock()
				outcomes[outcome]++
				lock.Unlock()
			}
		}(*calls / *atOnce)
	}
	group.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		panic(err)
	}
}

// post answers with the status, or with the innermost error.
func post(client *http.Client, url string, body []byte) string {
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return innermost(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil {
		return innermost(err)
	}
	return strconv.Itoa(response.StatusCode)
}

func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
