module sealpost.example/verify

go 1.19
