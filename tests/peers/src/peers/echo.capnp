@0xe1f9a24ec2e3d1c7;

struct Message {
  id @0 :UInt64;
  name @1 :Text;
  payload @2 :Text;
}

interface Service {
  echo @0 (message :Message) -> (message :Message);
}
