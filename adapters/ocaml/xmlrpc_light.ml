(* XmlRpc-Light for OCaml as a subject: it reads, writes and calls.

   Install: apt-get install ocaml-nox ocaml-findlib libxmlrpc-light-ocaml-dev (0.6.1) libyojson-ocaml-dev
   Build:   ocamlfind ocamlopt -package xmlrpc-light,yojson -linkpkg -o xmlrpc_light adapters/ocaml/xmlrpc_light.ml
   Run:     xend-harness test -- ./xmlrpc_light *)
open Yojson.Basic.Util
module Base64 = Netencoding.Base64

exception Unsupported of string

let hello = {|{"hello":{"name":"OCaml XmlRpc-Light","version":"0.6.1","decodes":{"xmlrpc":["spec"]},"encodes":{"xmlrpc":["spec"]},
  "calls_over":["tcp"],"features":["nil","calls","datetime-typed","struct-order"]}}|}

(* Text that is no UTF-8 can't stand in JSON. *)
let is_utf8 string =
  match Netconversion.verify `Enc_utf8 string with () -> true | exception _ -> false

let text kind string = `Assoc (if is_utf8 string then [ kind, `String string ] else [ "odd", `String "text that is no UTF-8" ])

let rec tagged : XmlRpc.value -> Yojson.Basic.t = function
  | `Nil -> `Assoc [ "nil", `Bool true ]
  | `Boolean value -> text "boolean" (if value then "1" else "0")
  | `Int value -> text "int" (string_of_int value)
  | `Int32 value -> text "int" (Int32.to_string value)
  | `Double value -> text "double" (String.lowercase_ascii (Printf.sprintf "%.17g" value))
  | `String value -> text "string" value
  | `Binary value -> text "base64" (Base64.encode value)
  | `DateTime (year, month, day, hour, minute, second, zone) as value ->
    if zone <> 0 then text "dateTime" (match value with `DateTime time -> XmlRpcDateTime.to_string time)
    else text "dateTime" (Printf.sprintf "%04d%02d%02dT%02d:%02d:%02d" year month day hour minute second)
  | `Array items -> `Assoc [ "array", `List (List.map tagged items) ]
  | `Struct members when not (List.for_all (fun (name, _) -> is_utf8 name) members) -> text "odd" "a name that is no UTF-8"
  | `Struct members -> `Assoc [ "struct", `List (List.map (fun (name, value) -> `List [ `String name; tagged value ]) members) ]

let rec native value : XmlRpc.value =
  let kind, content = List.hd (to_assoc value) in
  match kind with
  | "nil" -> `Nil
  | "boolean" -> `Boolean (to_string content = "1")
  | "int" -> (match int_of_string_opt (to_string content) with Some number -> `Int number | None -> raise (Unsupported "no int of OCaml"))
  | "double" -> `Double (float_of_string (to_string content))
  | "string" -> `String (to_string content)
  | "base64" -> `Binary (Base64.decode (to_string content))
  | "dateTime" -> Scanf.sscanf (to_string content) "%4d%2d%2dT%d:%d:%d" (fun year month day hour minute second -> `DateTime (year, month, day, hour, minute, second, 0))
  | "array" -> `Array (List.map native (to_list content))
  | "struct" -> `Struct (List.map (fun member -> to_string (index 0 member), native (index 1 member)) (to_list content))
  | _ -> raise (Unsupported ("there is no " ^ kind))

let values kind value = [ "values", `List [ `Assoc [ kind, value ] ] ]
let fault code string = values "fault" (`Assoc [ "code", tagged (`Int code); "string", text "string" string ])
let natives call = List.map native (to_list (member "params" call))
let name call = to_string (member "method" call)

let read document =
  match XmlRpc.message_of_xml_element (Xml.parse_string document) with
  | XmlRpc.MethodCall (name, params) -> values "call" (`Assoc [ "method", `String name; "params", `List (List.map tagged params) ])
  | XmlRpc.MethodResponse value -> values "response" (tagged value)
  | XmlRpc.Fault (code, string) -> fault code string

let write value =
  let message =
    match List.hd (to_assoc value) with
    | "call", call -> XmlRpc.MethodCall (name call, natives call)
    | "fault", content -> XmlRpc.Fault (int_of_string (to_string (member "int" (member "code" content))), to_string (member "string" (member "string" content)))
    | _, content -> XmlRpc.MethodResponse (native content)
  in
  (* As the client prints it. *)
  let document = {|<?xml version="1.0" encoding="UTF-8"?>|} ^ Xml.to_string (XmlRpc.xml_element_of_message message) in
  [ "document", `String (Base64.encode document) ]

let call ask =
  let client = new XmlRpc.client ~timeout:2. (to_string (member "uri" ask)) in
  try values "response" (tagged (client#call (name ask) (natives ask))) with
  (* The library's own errors have these codes. *)
  | XmlRpc.Error (code, why) when List.mem code [ -32300; -32600; -32700 ] -> [ "error", `String why ]
  | XmlRpc.Error (code, string) -> fault code string

let answer ask =
  let failure = if member "call" ask = `Null then "reject" else "error" in
  try
    if member "call" ask <> `Null then call (member "call" ask)
    else if member "value" ask <> `Null then write (member "value" ask)
    else read (Base64.decode (to_string (member "input" ask)))
  with
  | Unsupported why -> [ "unsupported", `String why ]
  | Stack_overflow -> [ failure, `String "stack overflow" ]
  | Xml.Error error -> [ failure, `String (Xml.error error) ]
  | XmlRpc.Error (_, why) -> [ failure, `String why ]
  | error -> [ failure, `String (String.escaped (Printexc.to_string error)) ]

let () =
  try
    while true do
      let ask = Yojson.Basic.from_string (input_line stdin) in
      if member "hello" ask <> `Null then print_endline (String.concat "" (String.split_on_char '\n' hello))
      else print_endline (Yojson.Basic.to_string (`Assoc (("id", member "id" ask) :: answer ask)))
    done
  with End_of_file -> ()
