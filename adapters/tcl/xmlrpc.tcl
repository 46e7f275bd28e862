# xmlrpc for Tcl as a subject: it reads, writes and calls. It hands out plain text, whose type can't be told.
#
# Install: apt-get install tcl tcllib tcl-xmlrpc (0.3)
# Run:     xend-harness test -- tclsh adapters/tcl/xmlrpc.tcl
package require json
package require json::write
package require xmlrpc

proc xmlrpc::warn {message} { set ::warning $message } ;# it goes to standard error, and is all that tells what is wrong
json::write indented false
fconfigure stdin -encoding utf-8
fconfigure stdout -encoding utf-8 -buffering line
set hello {{"hello":{"name":"Tcl xmlrpc","version":"0.3","decodes":{"xmlrpc":["spec"]},"encodes":{"xmlrpc":["spec"]},"calls_over":["tcp"]}}}
set structs 0

# Returns a value as the library takes it: its type, and its text. Of a struct that is the name of a global array.
proc native {value} {
    lassign $value kind content
    switch $kind {
        nil - i8 { return -code error -errorcode UNSUPPORTED "there is no $kind" }
        dateTime { return [list dateTime.iso8601 $content] }
        array { return [list array [lmap item $content { native $item }]] }
        struct {
            set name ::struct[incr ::structs]
            array set $name {}
            foreach member $content { set ${name}([lindex $member 0]) [native [lindex $member 1]] }
            return [list struct $name]
        }
    }
    return [list $kind $content]
}

# The reply to a call is handed out without a word on whether it is a fault; what has the members of one is no answer.
proc told {value} {
    if {[catch {llength $value} length] || $length != 2 || [lsort [lmap member $value { lindex $member 0 }]] ne {faultCode faultString}} {
        return {"accept":true}
    }
    return "\"values\":\[{\"response\":{\"odd\":[json::write string $value]}}\]"
}

proc body {message} { return [string range $message [string first "<?xml" $message] end] }

proc write_document {value} {
    lassign $value kind content
    switch $kind {
        call { set document [body [xmlrpc::buildRequest RPC2 [dict get $content method] [lmap param [dict get $content params] { native $param }]]] }
        fault { set document [body [buildFault [lindex [dict get $content code] 1] [lindex [dict get $content string] 1]]] }
        response { set document [body [buildResponse [native $content]]] }
    }
    return "\"document\":\"[binary encode base64 [encoding convertto utf-8 $document]]\""
}

proc answer {ask} {
    if {[dict exists $ask call]} {
        set call [dict get $ask call]
        regexp {^(http://[^/]+)/(.*)$} [dict get $call uri] _ server path
        return [told [lindex [xmlrpc::call $server $path [dict get $call method] [lmap param [dict get $call params] { native $param }]] 1]]
    }
    if {[dict exists $ask value]} { return [write_document [dict get $ask value]] }
    return [told [lindex [xmlrpc::parseResponse [encoding convertfrom utf-8 [binary decode base64 [dict get $ask input]]]] 1]]
}

while {[gets stdin line] >= 0} {
    set ask [json::json2dict $line]
    if {[dict exists $ask hello]} { puts $hello; continue }
    set warning ""
    if {[catch { answer $ask } answer options]} {
        set failure [expr {[dict get $options -errorcode] eq "UNSUPPORTED" ? "unsupported" : [dict exists $ask call] ? "error" : "reject"}]
        set answer "\"$failure\":[json::write string [string trim "$warning $answer"]]"
    }
    puts "{\"id\":[json::write string [dict get $ask id]],[string trim $answer {{}}]}"
}
