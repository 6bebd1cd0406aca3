module holdfast.dev/test/go-client

go 1.22
