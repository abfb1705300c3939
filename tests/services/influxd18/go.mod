module influxd18

go 1.22

require github.com/influxdata/influxdb v1.8.3
